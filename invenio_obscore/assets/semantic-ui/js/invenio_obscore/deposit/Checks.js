import { i18next } from "@translations/invenio_obscore/i18next";
import { useFormikContext } from "formik";
import React from "react";
import { Message } from "semantic-ui-react";

/** Where the check "obscore" puts its findings among the form's errors. */
export const CHECKED = "files.obscore";

export const SEVERITIES = {
  info: { label: i18next.t("Recommendation(s)"), description: i18next.t("Recommended, but not mandatory.") },
  error: { label: i18next.t("Error(s)"), description: i18next.t("Must be mended before the record is published.") },
};

const findingsOf = (errors) => Object.values((errors && errors.files && errors.files.obscore) || {});

/** What the check said when the draft was saved: what clients of the Virtual Observatory would miss. */
export const Checks = () => {
  const { errors, initialErrors } = useFormikContext();
  const fresh = findingsOf(errors);
  const findings = (fresh.length ? fresh : findingsOf(initialErrors)).filter(({ message }) => message);
  if (!findings.length) return null;
  const grave = findings.some(({ severity }) => severity === "error");
  return (
    <details className="checks" open={grave}>
      <summary>
        {i18next.t("What clients of the Virtual Observatory would miss ({{count}}, when the draft was last saved)", {
          count: findings.length,
        })}
      </summary>
      <Message size="small" negative={grave} info={!grave}>
        <Message.List>
          {findings.map(({ message, severity }) => (
            <Message.Item key={message}>
              {severity === "error" && <strong>{i18next.t("Error:")} </strong>}
              <bdi>{message}</bdi>
            </Message.Item>
          ))}
        </Message.List>
      </Message>
    </details>
  );
};
