import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import { Message } from "semantic-ui-react";

/** Where the check "obscore" puts its findings among the form's errors. */
export const CHECKED = "files.obscore";

// Findings that are not of data products that have a problem: what the list shows instead, or nothing.
const OTHERS = { unread: { show: "failed" }, waiting: null, correcting: null };

/** What the list is to show of a finding: its products, all on one list. */
const shownOf = (field) => {
  const name = field.slice(CHECKED.length + 1);
  return name in OTHERS ? OTHERS[name] : { problem: name, show: "all" };
};

export const SEVERITIES = {
  info: { label: i18next.t("Recommendation(s)"), description: i18next.t("Recommended, but not mandatory.") },
  error: { label: i18next.t("Error(s)"), description: i18next.t("Must be mended before the record is published.") },
};

/** What the check says of the draft as it is, asked again when files were read or something was changed. */
const useFindings = (api, { revision, counts, files }) => {
  const [found, setFound] = useState({ findings: [], failure: "" });
  const isQuiet = !files.queued && !files.running;
  const state = JSON.stringify([revision, counts, files]);
  useEffect(() => {
    if (!isQuiet) return undefined;
    let current = true;
    const show = (next) => current && setFound(next);
    api
      .check()
      .then(({ findings }) => show({ findings, failure: "" }))
      .catch((error) => show({ findings: [], failure: error.message }));
    return () => {
      current = false;
    };
  }, [api, isQuiet, state]);
  return found;
};

/** What clients of the Virtual Observatory would miss, before the record is published. */
export const Checks = ({ api, listing, onShow }) => {
  const { findings, failure } = useFindings(api, listing);
  if (failure) return <Message warning visible size="small" content={failure} />;
  if (!findings.length) return null;
  const grave = findings.some(({ severity }) => severity === "error");
  return (
    <details className="checks" open={grave}>
      <summary>
        {i18next.t("What clients of the Virtual Observatory would miss: {{count}} findings", {
          count: findings.length,
        })}
      </summary>
      <Message size="small" negative={grave} info={!grave}>
        <Message.List>
          {findings.map(({ field, messages, severity }) => (
            <Message.Item key={field}>
              {severity === "error" && <strong>{i18next.t("Error:")} </strong>}
              <bdi>{messages.join(" ")}</bdi>{" "}
              {shownOf(field) && (
                <button
                  type="button"
                  className="link"
                  aria-label={i18next.t("Show them: {{finding}}", { finding: messages.join(" ") })}
                  onClick={() => onShow(shownOf(field), messages.join(" "))}
                >
                  {i18next.t("Show them")}
                </button>
              )}
            </Message.Item>
          ))}
        </Message.List>
      </Message>
    </details>
  );
};

Checks.propTypes = {
  api: PropTypes.object.isRequired,
  listing: PropTypes.object.isRequired,
  onShow: PropTypes.func.isRequired,
};
