import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import ReactDOM from "react-dom";
import { Icon, Message, Progress } from "semantic-ui-react";

const WORDS = [
  ["pending", (count) => i18next.t("{{count}} files are not uploaded yet", { count }), "hourglass outline"],
  ["uploading", (count) => i18next.t("{{count}} files are uploading", { count }), "upload"],
  ["lost", (count) => i18next.t("{{count}} uploads failed: remove them from the list of files and upload them again", { count }), "warning sign"],
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

const PLACE = "obscore-at-a-glance";

/** Above the list of files, which may be long. */
export const GlancePlace = () => <div id={PLACE} className="obscore-panel" />;

/** The summary and the way to the panel, where the deposit form begins. */
export const AtAGlance = ({ listing, uploads }) => {
  const place = document.getElementById(PLACE);
  if (!place || (!listing.counts.products && !listing.counts.failed)) return null;
  const { pending, uploading, lost } = uploads;
  const unread = pending + uploading + listing.files.queued + listing.files.running;
  const bad = listing.counts.attention > 0 || lost > 0;
  return ReactDOM.createPortal(
    <Message size="small" info={!bad} warning={bad} visible>
      <a href="#obscore-section">{i18next.t("Observation metadata (ObsCore)")}</a>: {summary(listing)}{" "}
      {unread > 0 && i18next.t("{{count}} files are still to come.", { count: unread })}{" "}
      {lost > 0 && i18next.t("{{count}} uploads failed.", { count: lost })}
    </Message>,
    place
  );
};

AtAGlance.propTypes = { listing: PropTypes.object.isRequired, uploads: PropTypes.object.isRequired };

/** Files that give no data products, and why. */
const Ignored = ({ files }) =>
  files.length > 0 && (
    <details>
      <summary>{i18next.t("Files without data products")}</summary>
      <ul>
        {files.map(({ file, reason }) => (
          <li key={file}>
            <bdi className="value">{file}</bdi>: <bdi>{reason}</bdi>
          </li>
        ))}
      </ul>
    </details>
  );

Ignored.propTypes = { files: PropTypes.array.isRequired };

/** How far the files are, and how many products need attention; read aloud when it changes. */
export const Status = ({ listing, uploads }) => {
  const files = { ...(listing ? listing.files : {}), ...uploads };
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
      <Ignored files={listing?.ignored || []} />
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

Status.propTypes = { listing: PropTypes.object, uploads: PropTypes.object.isRequired };
Status.defaultProps = { listing: null };
