// The table of the spreadsheet: Glide Data Grid, a chunk of its own.

import "@glideapps/glide-data-grid/dist/index.css";
import {
  AllCellRenderers,
  CompactSelection,
  DataEditorCore,
  GridCellKind,
  ImageWindowLoaderImpl,
  sprites,
  textCellRenderer,
} from "@glideapps/glide-data-grid";
import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { plain } from "../components/format";
import { Field } from "../deposit/CellEditor";
import { idOf, nameOf } from "../deposit/ProductList";
import { MARKS } from "./marks";

const NOTHING = { columns: CompactSelection.empty(), rows: CompactSelection.empty() };
const NAME_WIDTH = 260;
const ROW_HEIGHT = 30;
const THEME = {
  accentColor: "#1c5e8f",
  accentLight: "#d9e8f5",
  fontFamily: "Lato, Helvetica, Arial, sans-serif",
  baseFontStyle: "13px",
  headerFontStyle: "bold 13px",
  editorFontSize: "13px",
  textDark: "#212121",
  textHeader: "#212121",
  textMedium: "#5c5c5c",
  textLight: "#5c5c5c",
  bgHeader: "#f3f4f5",
  borderColor: "#d4d4d5",
};
const DOWN = [0, 1];
const KEYS = { downFill: false, rightFill: false, search: false };
const MODIFIERS = ["Shift", "AltGraph", "CapsLock"];
// So many rows up and down a row is looked for that stood elsewhere before.
const NEAR = 200;

const LOADING = { kind: GridCellKind.Loading, allowOverlay: false, skeletonWidth: 80 };
const text = (data, more) => ({ kind: GridCellKind.Text, data, displayData: data, allowOverlay: false, ...more });

const fileCell = (product) => text(nameOf(product), { readonly: true, themeOverride: { bgCell: "#f9fafb" } });

/** A value with its signs; in words for those who listen. */
const valueCell = (product, column, { value, marks }, place) => {
  const data = plain(value);
  const signs = marks.map((name) => MARKS[name].sign).join("");
  const words = marks.map((name) => MARKS[name].words).join(", ");
  return text(data, {
    displayData: signs ? `${signs} ${data}` : data,
    aloud: words ? `${data} (${words})` : data,
    copyData: data,
    allowOverlay: !column.system && !product.failed,
    readonly: Boolean(column.system || product.failed),
    column,
    product,
    place,
    themeOverride: marks.length ? { bgCell: MARKS[marks[0]].colour } : undefined,
  });
};

const RENDERERS = [
  ...AllCellRenderers.filter(({ kind }) => kind !== GridCellKind.Text),
  { ...textCellRenderer, getAccessibilityString: ({ aloud, data }) => aloud ?? data },
];
const IMAGES = new ImageWindowLoaderImpl();

/** Moves what stands in the portal, drawn for a cell at `target`, with the cell: the page and the rows move. */
const useFollowing = (target, boundsNow) =>
  useLayoutEffect(() => {
    const { style } = document.getElementById("portal");
    let frame;
    const follow = () => {
      const now = boundsNow();
      if (now) Object.assign(style, { left: `${now.x - target.x}px`, top: `${now.y - target.y}px` });
      frame = window.requestAnimationFrame(follow);
    };
    follow();
    return () => {
      window.cancelAnimationFrame(frame);
      Object.assign(style, { left: "", top: "" });
    };
    // From when it opens to when it closes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

/**
 * The editor of a cell; `ahead.current` is what was typed before it was there, `bounds.current(cell)` where the cell is.
 * What it gives back is `edited`: it is the cell's that was opened, whichever row stands there by then.
 */
const editorWith = (ahead, bounds) => (cell) => {
  const { column } = cell;
  if (!column) return undefined;
  const Editor = ({ value, target, onChange, onFinishedEditing }) => {
    useLayoutEffect(() => {
      const typed = ahead.current;
      ahead.current = null;
      const whole = { ...value, data: typed ? typed.text : value.data, edited: true };
      if (typed?.entered) onFinishedEditing(whole, DOWN);
      else onChange(whole);
      // Once, when it opens.
      // eslint-disable-next-line react-hooks/exhaustive-deps
    }, []);
    useFollowing(target, () => bounds.current(cell));
    const type = (data) => onChange({ ...value, data });
    // Not left to the table, which forgets what was typed when Enter follows faster than its timer.
    const finish = (event) => {
      const move = event.key === "Tab" ? [event.shiftKey ? -1 : 1, 0] : event.key === "Enter" && DOWN;
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      onFinishedEditing(value, move);
    };
    return (
      // eslint-disable-next-line jsx-a11y/no-static-element-interactions
      <div onKeyDown={finish}>
        <Field column={column} id="obscore-cell" typed={value.data} onType={type} focus />
      </div>
    );
  };
  Editor.propTypes = {
    value: PropTypes.object.isRequired,
    target: PropTypes.object.isRequired,
    onChange: PropTypes.func.isRequired,
    onFinishedEditing: PropTypes.func.isRequired,
  };
  return { editor: Editor, disablePadding: true, deletedValue: (old) => ({ ...old, data: "" }) };
};

const isText = ({ key, ctrlKey, metaKey, altKey }) => key.length === 1 && !ctrlKey && !metaKey && !altKey;
// With these the table opens its editor.
const opensEditor = (event) => isText(event) && /[ -~]/.test(event.key);

const spans = (selection) => {
  const found = [];
  // eslint-disable-next-line no-restricted-syntax
  for (const row of selection) {
    const last = found[found.length - 1];
    if (last && last[1] === row - 1) last[1] = row;
    else found.push([row, row]);
  }
  return found;
};

/** What is selected: columns, spans of rows, all rows or not, and the cell that has the focus. */
const describe = (selection, columns, total) => {
  const names = (from, to) => columns.slice(from, to).filter(({ system }) => !system).map(({ name }) => name);
  const { current } = selection;
  const cell = current ? { row: current.cell[1], column: columns[current.cell[0] - 1]?.name || "" } : null;
  if (selection.columns.length) {
    const chosen = selection.columns.toArray().flatMap((index) => names(Math.max(index - 1, 0), index));
    return { columns: chosen, spans: [], all: chosen.length > 0, cell };
  }
  if (selection.rows.length) {
    const all = selection.rows.length >= total;
    return { columns: names(0), spans: all ? [] : spans(selection.rows), all, cell };
  }
  if (!current) return { columns: [], spans: [], all: false, cell };
  const { x, y, width, height } = current.range;
  return { columns: names(Math.max(x - 1, 0), x - 1 + width), spans: [[y, y + height - 1]], all: false, cell };
};

/** The number of the row that a product has now, from where it was. */
const rowOf = (at, product, row) => {
  const isIt = (number) => at(number) && idOf(at(number)) === idOf(product);
  for (let away = 0; away <= NEAR; away += 1) {
    if (isIt(row + away)) return row + away;
    if (isIt(row - away)) return row - away;
  }
  return undefined;
};

const useWidths = (columns) => {
  const [widths, setWidths] = useState({});
  const shown = useMemo(
    () => [
      { id: "", title: i18next.t("Data product"), width: widths[""] || NAME_WIDTH },
      ...columns.map(({ name, unit }) => ({
        id: name,
        title: unit ? `${name} [${unit}]` : name,
        width: widths[name] || Math.max(120, 9 * (name.length + (unit ? unit.length + 3 : 0)) + 40),
        hasMenu: true,
      })),
    ],
    [columns, widths]
  );
  return [shown, ({ id }, width) => setWidths((former) => ({ ...former, [id]: width }))];
};

/**
 * columns: those that are shown; total: number of rows; at(row): a product or undefined
 * cellOf(product, column): `{value, marks}`; onTyped(cells): `{file, product, column, text, was}` of each
 * onSelect: what is selected, as `describe` says; onKey(event): keys that the page minds
 */
const Grid = ({ columns, sort, total, at, cellOf, onSee, onTyped, onEmpty, onSelect, onSort, onKey, height }) => {
  const [selection, setSelection] = useState(NOTHING);
  const [shown, resize] = useWidths(columns);
  const holder = useRef(null);
  const ahead = useRef(null);
  const table = useRef(null);
  const bounds = useRef(null);
  bounds.current = ({ product, place: [index, row] }) => {
    const now = rowOf(at, product, row);
    return now === undefined ? undefined : table.current?.getBounds(index, now);
  };
  const editor = useMemo(() => editorWith(ahead, bounds), []);
  const titled = useMemo(
    () =>
      shown.map((each) => {
        if (!sort || each.id !== sort.replace(/^-/, "")) return each;
        return { ...each, title: `${sort.startsWith("-") ? "▼" : "▲"} ${each.title}` };
      }),
    [shown, sort]
  );

  const content = useCallback(
    ([index, row]) => {
      const product = at(row);
      if (!product) return LOADING;
      const column = columns[index - 1];
      return column ? valueCell(product, column, cellOf(product, column.name), [index, row]) : fileCell(product);
    },
    [at, columns, cellOf]
  );

  const edited = useCallback(
    (changes) => {
      const cells = changes.flatMap(({ location: [index, row], value }) => {
        const product = value.edited ? value.product : at(row);
        const column = value.edited ? value.column : columns[index - 1];
        if (!product || !column || column.system || product.failed || typeof value.data !== "string") return [];
        const was = value.edited ? value.copyData : plain(cellOf(product, column.name).value);
        if (was === value.data) return [];
        const now = product.row[column.name];
        return [{ file: product.file, product: product.product, column: column.name, text: value.data, was: now }];
      });
      if (cells.length) onTyped(cells);
      return true;
    },
    [at, columns, cellOf, onTyped]
  );

  // The part of the table that edits is loaded with the first key: what is typed until then is not lost.
  const press = (event) => {
    const cell = selection.current?.cell;
    const waiting = ahead.current;
    if (waiting && (isText(event) || event.key === "Enter")) {
      if (event.key === "Enter") waiting.entered = true;
      else if (!waiting.entered) waiting.text += event.key;
      event.preventDefault(); // else the editor, there by now, would take it once more
      event.cancel();
    } else if (opensEditor(event) && cell && content(cell).allowOverlay) {
      ahead.current = { cell: content(cell), text: event.key, entered: false };
    } else if (!waiting || !MODIFIERS.includes(event.key)) {
      ahead.current = null;
      onKey(event);
    }
  };
  const select = (chosen) => {
    // Who goes elsewhere before the editor was there has typed all the same.
    const waiting = ahead.current;
    ahead.current = null;
    if (waiting) edited([{ location: waiting.cell.place, value: { ...waiting.cell, data: waiting.text, edited: true } }]);
    setSelection(chosen);
    onSelect(describe(chosen, columns, total));
  };
  // Columns that are chosen otherwise stand elsewhere.
  useEffect(() => {
    setSelection(NOTHING);
    onSelect(describe(NOTHING, columns, total));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [columns]);
  useEffect(() => {
    const canvas = holder.current?.querySelector("canvas");
    if (canvas) canvas.setAttribute("aria-label", i18next.t("Rows of the catalogue"));
  });

  return (
    <div ref={holder} className="obscore-grid" role="group" aria-label={i18next.t("Spreadsheet")}>
      <DataEditorCore
        ref={table}
        columns={titled}
        rows={total}
        getCellContent={content}
        getCellsForSelection
        onVisibleRegionChanged={({ y, height: count }) => onSee(y, Math.max(y, Math.min(y + count, total - 1)))}
        onCellsEdited={edited}
        onPaste
        fillHandle
        onDelete={() => {
          onEmpty();
          return false;
        }}
        gridSelection={selection}
        onGridSelectionChange={select}
        rangeSelect="rect"
        columnSelect="multi"
        rowSelect="multi"
        rowMarkers="both"
        freezeColumns={1}
        onColumnResize={resize}
        onHeaderMenuClick={(index) => onSort(columns[index - 1]?.name)}
        onKeyDown={press}
        provideEditor={editor}
        renderers={RENDERERS}
        headerIcons={sprites}
        imageWindowLoader={IMAGES}
        keybindings={KEYS}
        theme={THEME}
        rowHeight={ROW_HEIGHT}
        headerHeight={34}
        width="100%"
        height={height}
        smoothScrollX
        smoothScrollY
      />
    </div>
  );
};

Grid.propTypes = {
  columns: PropTypes.array.isRequired,
  sort: PropTypes.string.isRequired,
  total: PropTypes.number.isRequired,
  at: PropTypes.func.isRequired,
  cellOf: PropTypes.func.isRequired,
  onSee: PropTypes.func.isRequired,
  onTyped: PropTypes.func.isRequired,
  onEmpty: PropTypes.func.isRequired,
  onSelect: PropTypes.func.isRequired,
  onSort: PropTypes.func.isRequired,
  onKey: PropTypes.func.isRequired,
  height: PropTypes.number.isRequired,
};

export default Grid;
