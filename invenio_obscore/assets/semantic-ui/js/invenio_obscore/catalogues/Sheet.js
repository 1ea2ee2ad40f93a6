import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { Button, Loader, Message } from "semantic-ui-react";
import { draftApi } from "../deposit/api";
import { COLUMNS } from "../deposit/columns";
import { Filters } from "../deposit/Filters";
import { idOf } from "../deposit/ProductList";
import { Status } from "../deposit/Status";
import { sheetApi } from "./api";
import { ColumnChooser, useColumns } from "./ColumnChooser";
import { Differences } from "./Differences";
import { FilterBar } from "./FilterBar";
import { Inspector } from "./Inspector";
import { MARKS, marksOf } from "./marks";
import { Rerun } from "./Rerun";
import { TableExchange } from "./TableExchange";
import { Said, Tools } from "./Tools";
import { useEdits } from "./useEdits";
import { useRows } from "./useRows";

const Grid = lazy(() => import("./Grid"));

const QUERY = { q: "", show: "all", sort: "file", filter: [] };
const SELECTED = { columns: [], spans: [], all: false, cell: null, count: 0 };
// The server takes no more by name.
const MOST_BY_NAME = 10000;
const HIGHLIGHTED = 100;
const SOON = 2000;
const SHORTCUTS = { z: "undo", y: "redo", d: "fill" };

const BY_NAME = Object.fromEntries(COLUMNS.map((column) => [column.name, column]));
const sortsOf = (columns) => ({
  file: i18next.t("file"),
  attention: i18next.t("worst first"),
  ...Object.fromEntries(columns.map(({ name }) => [name, name])),
});
const addressOf = ({ file, product }) => ({ file, product });
const asValue = (text) => (text.trim() === "" ? null : text);
const countOf = (spans) => spans.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** The published rows that differ: a page of them for the list, the first ones for the marks. */
const usePublished = (api, revision) => {
  const [first, setFirst] = useState(null);
  const [page, setPage] = useState(1);
  const [asked, setAsked] = useState(0);
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    if (revision === undefined) return undefined;
    let current = true;
    let timer;
    const load = async () => {
      try {
        const answer = await api.differences(page, HIGHLIGHTED);
        if (!current) return;
        setFound(answer);
        if (answer.pending) timer = window.setTimeout(() => setAsked((count) => count + 1), SOON);
        else if (answer.page === 1) setFirst(answer);
        setFailure("");
      } catch (error) {
        if (current) setFailure(error.message);
      }
    };
    load();
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [api, page, revision, asked]);
  const differing = useMemo(
    () => new Map((first?.products || []).map((product) => [idOf(product), product.columns])),
    [first]
  );
  return { found, differing, failure, setPage };
};

const Legend = () => (
  <ul className="legend" aria-label={i18next.t("What the signs mean")}>
    {Object.entries(MARKS).map(([name, { sign, words, colour }]) => (
      <li key={name}>
        <span style={{ background: colour }} aria-hidden="true">
          {sign}
        </span>{" "}
        {words}
      </li>
    ))}
  </ul>
);

/** Changes of what is selected. */
const useActions = ({ edits, rows, query, selection }) => {
  const matching = useCallback(() => {
    const { q, show, filter, sort } = query;
    return { matching: { q, show, file: "", filter, sort } };
  }, [query]);
  const named = useCallback(async () => {
    const found = [];
    // eslint-disable-next-line no-restricted-syntax
    for (const [first, last] of selection.spans) {
      // eslint-disable-next-line no-await-in-loop
      found.push(...(await rows.ensure(first, last)));
    }
    return found.filter(({ failed }) => !failed).map(addressOf);
  }, [rows, selection]);
  const chosen = useCallback(
    async (all) => (all || selection.count > MOST_BY_NAME ? matching() : { products: await named() }),
    [matching, named, selection]
  );
  const over = async (action) =>
    edits.apply({ action, columns: selection.columns, selection: await chosen(selection.all) });
  return {
    undo: edits.undo,
    redo: edits.redo,
    fill: () => (selection.all || selection.count > 1) && over("fill"),
    reset: () => over("reset"),
    set: async (column, text, all) =>
      edits.apply({ action: "set", column, value: asValue(text), selection: await chosen(all) }),
    empty: async () => {
      const { columns } = selection;
      if (columns.length === 1) {
        edits.apply({ action: "set", column: columns[0], value: null, selection: await chosen(selection.all) });
        return;
      }
      const products = selection.all ? [] : await named();
      const cells = products.flatMap((address) => columns.map((column) => ({ ...address, column, value: null })));
      if (cells.length) edits.apply({ action: "cells", cells });
    },
  };
};

const filterErrors = (failure) =>
  Object.fromEntries(
    (failure?.errors || [])
      .filter(({ field, index }) => field === "filter" && index !== undefined)
      .map(({ index, messages }) => [index, messages.join(" ")])
  );

const Part = ({ title, children }) => {
  const [open, setOpen] = useState(false);
  return (
    <details className="part" onToggle={({ target }) => setOpen(target.open)}>
      <summary>{title}</summary>
      {open && children}
    </details>
  );
};

Part.propTypes = { title: PropTypes.string.isRequired, children: PropTypes.node.isRequired };

/** All rows of one draft as a spreadsheet. */
export const Sheet = ({ recid }) => {
  const base = `/api/records/${encodeURIComponent(recid)}/draft`;
  const [panel, api] = useMemo(() => [draftApi(base), sheetApi(base)], [base]);
  const [chosen, choose] = useColumns();
  const columns = useMemo(() => chosen.map((name) => BY_NAME[name]).filter(Boolean), [chosen]);
  const [query, setQuery] = useState(QUERY);
  const rows = useRows(api, { ...query, columns: chosen.join(",") });
  const edits = useEdits(api, panel, base, rows);
  const [selection, setSelection] = useState(SELECTED);
  const { sheet } = rows;
  const published = usePublished(api, sheet?.revision);
  const actions = useActions({ edits, rows, query, selection });

  const ask = useCallback(
    ({ page, ...changes }) => setQuery((former) => ({ ...former, ...changes })),
    []
  );
  const select = useCallback((found) => setSelection({ ...found, count: countOf(found.spans) }), []);
  const { typed, errorAt } = edits;
  const { differing } = published;
  const cellOf = useCallback(
    (product, column) => {
      const text = typed[idOf(product)]?.[column];
      const state = {
        typed: text,
        refused: Boolean(errorAt(product, column)),
        differs: Boolean(differing.get(idOf(product))?.[column]),
      };
      return { value: text ?? product.row[column], marks: marksOf(product, column, state) };
    },
    [typed, errorAt, differing]
  );
  const sortBy = (name) => {
    if (name) ask({ sort: query.sort === name ? `-${name}` : name });
  };
  const press = (event) => {
    if (event.key === "Tab") {
      event.cancel(); // the browser goes on to what comes after the table
      return;
    }
    const action = (event.ctrlKey || event.metaKey) && SHORTCUTS[event.key.toLowerCase()];
    if (!action) return;
    event.cancel();
    event.preventDefault();
    actions[action === "undo" && event.shiftKey ? "redo" : action]();
  };

  const { cell } = selection;
  const focused = cell ? rows.at(cell.row) : null;
  const column = cell ? BY_NAME[cell.column] : null;
  const total = sheet?.total || 0;
  const descending = query.sort.startsWith("-");
  const wrong = filterErrors(rows.failure);
  return (
    <div className="obscore-panel obscore-sheet">
      {rows.failure && !Object.keys(wrong).length && (
        <Message warning visible role="alert" content={rows.failure.message} />
      )}
      <Status listing={sheet} uploading={0} />
      <div className="asked">
        <Filters query={{ ...query, sort: query.sort.replace(/^-/, "") }} onChange={ask} sorts={sortsOf(columns)} />
        <Button type="button" size="small" icon={descending ? "sort content descending" : "sort content ascending"}
          content={descending ? i18next.t("descending") : i18next.t("ascending")}
          aria-label={i18next.t("Turn the order round")}
          onClick={() => ask({ sort: descending ? query.sort.slice(1) : `-${query.sort}` })} />
      </div>
      <FilterBar columns={COLUMNS} filters={query.filter} errors={wrong} onChange={(filter) => ask({ filter })} />
      <ColumnChooser chosen={chosen} onChange={choose} />
      <Tools columns={columns} selection={selection} total={total} history={edits.history} busy={edits.busy}
        actions={actions} />
      <Said edits={edits} />
      {sheet && total === 0 && <p>{i18next.t("No data product matches.")}</p>}
      {total > 0 && (
        <Suspense fallback={<Loader active inline="centered" />}>
          <Grid
            columns={columns}
            sort={query.sort}
            total={total}
            at={rows.at}
            cellOf={cellOf}
            onSee={rows.see}
            onTyped={edits.type}
            onEmpty={actions.empty}
            onSelect={select}
            onSort={sortBy}
            onKey={press}
            height={Math.min(Math.max(320, window.innerHeight * 0.55), 36 + 30 * (total + 1))}
          />
        </Suspense>
      )}
      <p className="count">
        {i18next.t("{{total}} of {{all}} rows. Enter edits a cell, Ctrl+D fills down, Ctrl+Z undoes, Shift with arrows selects, Tab leaves the table.", {
          total,
          all: sheet?.counts ? sheet.counts.products + sheet.counts.failed : total,
        })}
      </p>
      <Legend />
      <Inspector
        panel={panel}
        address={focused && !focused.failed ? focused : null}
        column={column}
        revision={sheet?.revision || 0}
        typed={focused && column ? typed[idOf(focused)]?.[column.name] : undefined}
        error={focused && column ? errorAt(focused, column.name) : undefined}
        published={focused && column ? differing.get(idOf(focused))?.[column.name] : undefined}
        onType={(text) =>
          edits.type([{ ...addressOf(focused), column: column.name, text, was: focused.row[column.name] }])
        }
        onReset={(name) =>
          edits.apply({ action: "reset", columns: [name], selection: { products: [addressOf(focused)] } })
        }
      />
      <Part title={i18next.t("Differences against the published rows")}>
        {published.failure && <Message warning visible role="alert" content={published.failure} />}
        {published.found && !published.found.published && <p>{i18next.t("Nothing of it is published yet.")}</p>}
        {published.found?.pending && (
          <p role="status">{i18next.t("Everything is being compared; this takes some seconds.")}</p>
        )}
        {published.found?.published && !published.found.pending && (
          <Differences found={published.found} label={i18next.t("Differences against the published rows")}
            onPage={published.setPage} />
        )}
      </Part>
      <Part title={i18next.t("Run again with another mapping")}>
        <Rerun api={api} panel={panel} revision={sheet?.revision || 0} onSaved={rows.reload} />
      </Part>
      <Part title={i18next.t("Export and import the table")}>
        <TableExchange api={api} onSaved={rows.reload} />
      </Part>
    </div>
  );
};

Sheet.propTypes = { recid: PropTypes.string.isRequired };
