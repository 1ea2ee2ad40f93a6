import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { Button } from "semantic-ui-react";
import { copy } from "../components/copy";
import { messageForTable, send } from "./samp";

/** Says what became of an action, to everyone. */
export const useSaid = () => {
  const [said, setSaid] = useState("");
  const trying = (action, success, failure) => async () => {
    setSaid("");
    try {
      await action();
      setSaid(success);
    } catch (error) {
      setSaid(failure);
    }
  };
  return [said, trying];
};

export const NO_HUB = () =>
  i18next.t("No program answered. Start TOPCAT, Aladin or DS9 (each brings a SAMP hub), allow this page there, and try again.");

/** What can be done with all products of the record. */
export const Tools = ({ table, queries, recid }) => {
  const [said, trying] = useSaid();
  const copied = i18next.t("Copied.");
  const notCopied = i18next.t("The browser did not let this page copy; the text is shown below.");
  const [shown, setShown] = useState("");
  const copying = (text) =>
    trying(
      async () => {
        setShown("");
        try {
          await copy(text);
        } catch (error) {
          setShown(text);
          throw error;
        }
      },
      copied,
      notCopied
    );
  return (
    <div className="tools">
      <Button
        size="small"
        basic
        onClick={trying(
          () => send(messageForTable(table, `Record ${recid}`)),
          i18next.t("The list of products was sent."),
          NO_HUB()
        )}
      >
        {i18next.t("Send the list to TOPCAT or Aladin")}
      </Button>
      <Button size="small" basic onClick={copying(queries.pyvo)}>
        {i18next.t("Copy as pyvo")}
      </Button>
      <Button size="small" basic onClick={copying(queries.adql)}>
        {i18next.t("Copy as ADQL")}
      </Button>
      <Button as="a" size="small" basic href={table}>
        {i18next.t("Download as VOTable")}
      </Button>
      <Button as="a" size="small" basic href={table.replace("format=votable", "format=csv")}>
        {i18next.t("Download as CSV")}
      </Button>
      <p role="status">{said}</p>
      {shown && <pre>{shown}</pre>}
    </div>
  );
};

Tools.propTypes = {
  table: PropTypes.string.isRequired,
  queries: PropTypes.object.isRequired,
  recid: PropTypes.string.isRequired,
};
