import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import { Icon, Progress } from "semantic-ui-react";

const WORDS = [
  ["uploading", (count) => i18next.t("{{count}} files are uploading", { count }), "upload"],
  ["queued", (count) => i18next.t("{{count}} wait to be read", { count }), "clock outline"],
  ["running", (count) => i18next.t("{{count}} are being read", { count }), "sync"],
  ["done", (count) => i18next.t("{{count}} are read", { count }), "check"],
  ["failed", (count) => i18next.t("{{count}} could not be read", { count }), "warning sign"],
  ["ignored", (count) => i18next.t("{{count}} are no FITS files", { count }), "minus"],
];

const summary = ({ counts }) => {
  if (!counts.products && !counts.failed) return i18next.t("No data products were found yet.");
  if (!counts.attention) return i18next.t("{{count}} data products; none needs attention.", { count: counts.products });
  return i18next.t("{{attention}} of {{products}} need attention.", {
    attention: counts.attention,
    products: counts.products + counts.failed,
  });
};

/** How far the files are, and how many products need attention; read aloud when it changes. */
export const Status = ({ listing, uploading }) => {
  const files = { ...(listing ? listing.files : {}), uploading };
  return (
    <div className="status">
      <div role="status" aria-live="polite">
        {listing && <strong className="summary">{summary(listing)}</strong>}
        <ul className="states">
          {WORDS.filter(([state]) => files[state]).map(([state, words, icon]) => (
            <li key={state} className={state}>
              <Icon name={icon} loading={state === "running"} /> {words(files[state])}
            </li>
          ))}
        </ul>
      </div>
      {(listing?.progress || []).map(({ file, read, total }) => (
        <Progress
          key={file}
          size="small"
          percent={total ? Math.round((100 * read) / total) : 0}
          role="progressbar"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={total ? Math.round((100 * read) / total) : 0}
          aria-label={i18next.t("Reading {{file}}", { file })}
        >
          <bdi>{file}</bdi>: {i18next.t("{{read}} of {{total}} members", { read, total: total ?? "?" })}
        </Progress>
      ))}
    </div>
  );
};

Status.propTypes = { listing: PropTypes.object, uploading: PropTypes.number.isRequired };
Status.defaultProps = { listing: null };
