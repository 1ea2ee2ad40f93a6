import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useRef, useState } from "react";
import { Button, Message } from "semantic-ui-react";
import { CONFLICT } from "../deposit/api";
import { useDuring } from "../deposit/useDuring";
import { Differences } from "./Differences";
import { changed } from "./useEdits";

const MOST = 200;
const SIZE = 25;

const Mistakes = ({ errors, total }) => (
  <Message negative role="alert">
    <p>
      <strong>{i18next.t("Nothing was changed. {{count}} mistakes in the table:", { count: total })}</strong>
    </p>
    <ul className="mistakes-of-table">
      {errors.map(({ line, field, messages }) => (
        <li key={`${line} ${field} ${messages.join(" ")}`}>
          <bdi>{messages.join(" ")}</bdi>
        </li>
      ))}
    </ul>
  </Message>
);

Mistakes.propTypes = { errors: PropTypes.array.isRequired, total: PropTypes.number.isRequired };

/** A table's changes in the form of other differences. */
const paged = ({ products, cells, columns, changes }, page) => ({
  counts: { changed: products, cells, columns, added: 0, gone: 0 },
  products: changes.slice((page - 1) * SIZE, page * SIZE).map((change) => ({
    ...change,
    kind: "changed",
    columns: Object.fromEntries(Object.entries(change.columns).map(([name, [was, is]]) => [name, { was, is }])),
  })),
  total: changes.length,
  page,
  size: SIZE,
});

/** The rows out as a table, and back: its changes are shown before they are taken in. */
export const TableExchange = ({ api, onSaved }) => {
  const [file, setFile] = useState(null);
  const [compared, setCompared] = useState(null);
  const [page, setPage] = useState(1);
  const [mistakes, setMistakes] = useState([]);
  const [said, setSaid] = useState("");
  const { busy, error, during } = useDuring();
  const input = useRef(null);

  const refused = (failure) => {
    if (!failure.errors?.some(({ messages }) => messages)) throw failure;
    setMistakes(failure.errors.filter(({ messages }) => messages));
  };
  const compare = (chosen) =>
    during(async () => {
      setFile(chosen);
      setCompared(null);
      setMistakes([]);
      setSaid("");
      setPage(1);
      try {
        setCompared(await api.compareTable(chosen));
      } catch (failure) {
        refused(failure);
      }
    });
  const takeIn = () =>
    during(async () => {
      try {
        const done = await api.takeInTable(compared.revision, file);
        setCompared(null);
        setSaid(changed(done));
        onSaved();
      } catch (failure) {
        if (failure.kind !== CONFLICT) refused(failure);
        else {
          setCompared(await api.compareTable(file));
          throw failure;
        }
      }
    });
  const choose = ({ target }) => {
    const [chosen] = target.files;
    target.value = ""; // the same file may be chosen again
    if (chosen) compare(chosen);
  };
  return (
    <div className="exchange">
      <p>
        {i18next.t(
          "Take the whole table out, edit it in a spreadsheet or TOPCAT, and bring it back. What would change is shown first; one mistake, and nothing is changed."
        )}
      </p>
      <a className="ui small button" href={api.tableUrl("csv")} download>
        {i18next.t("Export as CSV")}
      </a>
      <a className="ui small button" href={api.tableUrl("votable")} download>
        {i18next.t("Export as VOTable")}
      </a>
      <Button type="button" size="small" loading={busy} disabled={busy} onClick={() => input.current.click()}>
        {i18next.t("Import a table…")}
      </Button>
      <input ref={input} type="file" className="hidden-file" accept=".csv,.vot,.xml,.votable,text/csv" tabIndex={-1}
        aria-label={i18next.t("Table to import")} onChange={choose} />
      {busy && <p role="status">{i18next.t("The table is being read and compared; 20,000 rows take some seconds.")}</p>}
      {error && <Message warning visible role="alert" content={error} />}
      {mistakes.length > 0 && <Mistakes errors={mistakes.slice(0, MOST)} total={mistakes.length} />}
      <p role="status" aria-live="polite" className="said">{said}</p>
      {compared && (
        <section aria-label={i18next.t("What the table changes")}>
          <Differences found={paged(compared, page)} label={i18next.t("What the table changes")} onPage={setPage} />
          {compared.products > 0 && (
            <Button primary type="button" size="small" loading={busy} disabled={busy} onClick={takeIn}>
              {i18next.t("Take the changes in")}
            </Button>
          )}
          <Button type="button" size="small" disabled={busy} onClick={() => setCompared(null)}>
            {i18next.t("Dismiss")}
          </Button>
        </section>
      )}
    </div>
  );
};

TableExchange.propTypes = { api: PropTypes.object.isRequired, onSaved: PropTypes.func.isRequired };
