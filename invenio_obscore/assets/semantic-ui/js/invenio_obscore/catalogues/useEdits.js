// Changes of the spreadsheet: what is typed is kept until the server has it, nobody is overwritten unasked.

import { i18next } from "@translations/invenio_obscore/i18next";
import { useCallback, useEffect, useRef, useState } from "react";
import { CONFLICT } from "../deposit/api";
import { idOf } from "../deposit/ProductList";
import { useTyped } from "../deposit/useTyped";

const POLL = 700;
// Above that many rows a conflict is a question and not a look at each.
const MOST_COMPARED = 20;

const nameOf = (id, column) => `${id}\n${column}`;
const asValue = (text) => (text.trim() === "" ? null : text);
const pause = (time) => new Promise((done) => window.setTimeout(done, time));

/** Everything that is typed and not saved, cell by cell. */
const cellsOf = (typed) =>
  Object.entries(typed).flatMap(([id, values]) => {
    const [file, product] = id.split("\n");
    if (product === undefined) return []; // the mapping's text
    return Object.entries(values).map(([column, text]) => ({ file, product, column, text }));
  });

const withCells = (typed, cells) => {
  const next = { ...typed };
  cells.forEach((cell) => {
    const id = idOf(cell);
    next[id] = { ...next[id], [cell.column]: cell.text };
  });
  return next;
};

/** Without the cells that still hold what was sent. */
const withoutCells = (typed, cells) => {
  const next = { ...typed };
  cells.forEach((cell) => {
    const id = idOf(cell);
    if (next[id]?.[cell.column] !== cell.text) return;
    const { [cell.column]: _, ...others } = next[id];
    if (Object.keys(others).length) next[id] = others;
    else delete next[id];
  });
  return next;
};

/** What the server says, with what it says of single values. */
const explained = ({ message, errors = [] }) =>
  [message, ...errors.slice(0, 3).flatMap(({ messages }) => messages || []).filter((each) => !message.includes(each))].join(
    " "
  );

const reached = ({ cells, products }) => ({
  cells: i18next.t("{{count}} cells", { count: cells }),
  rows: i18next.t("{{count}} rows", { count: products }),
});

/** What was changed, in words. */
export const changed = (done) => i18next.t("Saved: {{cells}} in {{rows}}.", reached(done));
const undone = (done) =>
  i18next.t("Undone: {{what}} ({{cells}} in {{rows}}).", { what: done.history?.redo?.what || "–", ...reached(done) });
const redone = (done) =>
  i18next.t("Redone: {{what}} ({{cells}} in {{rows}}).", { what: done.history?.undo?.what || "–", ...reached(done) });

/** What can be undone and redone, as of a revision. */
const useHistory = (api, revision) => {
  const [history, setHistory] = useState(null);
  useEffect(() => {
    if (revision === undefined) return undefined;
    let current = true;
    api
      .history()
      .then((found) => current && setHistory(found.history))
      .catch((error) => console.warn("The history cannot be loaded:", error.message));
    return () => {
      current = false;
    };
  }, [api, revision]);
  return history;
};

/**
 * typed: what is not saved yet; errors: message by cell; said: `{text, bad}`; progress: of a long change, or null
 * conflict: `{body}` that somebody else came before, or null; history: `{undo, redo}` or null
 */
export const useEdits = (api, panel, base, rows) => {
  const { typed, changeAll } = useTyped(base);
  const [errors, setErrors] = useState({});
  const [said, setSaid] = useState({ text: "", bad: false });
  const [busy, setBusy] = useState(false);
  const [progress, setProgress] = useState(null);
  const [conflict, setConflict] = useState(null);
  const history = useHistory(api, rows.sheet?.revision);
  // What actions see that wait for their turn. `before`: values that cells had when they were typed.
  const latest = useRef({ before: new Map(), errors: {}, revision: 0, turn: Promise.resolve() });
  Object.assign(latest.current, { typed, rows });
  latest.current.revision = Math.max(latest.current.revision, rows.sheet?.revision || 0);
  const refuse = useCallback((found) => {
    latest.current.errors = found;
    setErrors(found);
  }, []);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    []
  );

  /** Wait for a change that reaches many rows. */
  const follow = useCallback(
    async ({ task, total }) => {
      setProgress({ done: 0, total });
      try {
        while (alive.current) {
          // eslint-disable-next-line no-await-in-loop
          await pause(POLL);
          // eslint-disable-next-line no-await-in-loop
          const found = await api.task(task);
          setProgress({ done: found.done, total: found.total });
          if (found.state === "done") return found.result;
          if (found.state === "failed") throw new Error(found.message);
        }
        return null;
      } finally {
        setProgress(null);
      }
    },
    [api]
  );

  const perform = useCallback(async (action, inWords) => {
    setBusy(true);
    setSaid({ text: "", bad: false });
    try {
      const done = await action();
      if (!done) return;
      latest.current.revision = Math.max(latest.current.revision, done.revision);
      setSaid({ text: inWords(done), bad: false });
    } catch (error) {
      setSaid({ text: explained(error), bad: true });
    } finally {
      setBusy(false);
      latest.current.rows.reload();
    }
  }, []);

  /** One change after the other. */
  const during = useCallback(
    (action, inWords = changed) => {
      latest.current.turn = latest.current.turn.then(() => perform(action, inWords));
      return latest.current.turn;
    },
    [perform]
  );

  const send = useCallback(
    async (body, revision) => {
      const done = await api.edit(revision, body);
      return done.task ? follow(done) : done;
    },
    [api, follow]
  );

  /** Undo or redo what is shown. */
  const step = useCallback(
    (request, inWords) =>
      during(async () => {
        const done = await request(latest.current.revision);
        return done.task ? follow(done) : done;
      }, inWords),
    [during, follow]
  );

  /** Send; a conflict over other cells than these is none. */
  const attempt = useCallback(
    async (body) => {
      try {
        return await send(body, latest.current.revision);
      } catch (error) {
        if (error.kind !== CONFLICT) throw error;
        const now = await untouched(panel, body, latest.current.before);
        if (now !== null) return send(body, now);
        setConflict({ body });
        throw error;
      }
    },
    [panel, send]
  );

  const saveCells = useCallback(
    () =>
      during(async () => {
        const { typed: all, errors: wrong, before } = latest.current;
        const cells = cellsOf(all).filter((cell) => !wrong[nameOf(idOf(cell), cell.column)]);
        if (!cells.length) return null;
        const body = { action: "cells", cells: cells.map(({ text, ...cell }) => ({ ...cell, value: asValue(text) })) };
        try {
          const done = await attempt(body);
          setConflict(null);
          cells.forEach((cell) => before.delete(nameOf(idOf(cell), cell.column)));
          changeAll((former) => withoutCells(former, cells));
          return done;
        } catch (error) {
          refuse({ ...wrong, ...atCells(error, cells) });
          throw error;
        }
      }),
    [attempt, changeAll, during, refuse]
  );

  /** Take over what was typed, and save it with all that waits. */
  const type = useCallback(
    (cells) => {
      const { before, errors: former } = latest.current;
      const left = { ...former };
      cells.forEach(({ was, ...cell }) => {
        const name = nameOf(idOf(cell), cell.column);
        if (!before.has(name)) before.set(name, was);
        delete left[name];
      });
      refuse(left);
      changeAll((others) => withCells(others, cells));
      return saveCells();
    },
    [changeAll, refuse, saveCells]
  );

  const again = useCallback(() => {
    const change = conflict && conflict.body.action !== "cells" ? conflict.body : null;
    setConflict(null);
    cellsOf(latest.current.typed).forEach((cell) => latest.current.before.set(nameOf(idOf(cell), cell.column), ANY));
    return change ? during(() => attempt(change)) : saveCells();
  }, [attempt, conflict, during, saveCells]);

  const drop = useCallback(() => {
    const cells = cellsOf(latest.current.typed);
    setConflict(null);
    refuse({});
    setSaid({ text: "", bad: false });
    latest.current.before = new Map();
    changeAll((former) => withoutCells(former, cells));
  }, [changeAll, refuse]);

  return {
    typed,
    waiting: cellsOf(typed).length,
    errors,
    said,
    busy,
    progress,
    conflict,
    history,
    type,
    again,
    drop,
    /** Any other change: set, fill, reset. */
    apply: useCallback((body) => during(() => attempt(body)), [attempt, during]),
    undo: useCallback(() => step(api.undo, undone), [api, step]),
    redo: useCallback(() => step(api.redo, redone), [api, step]),
    errorAt: useCallback((product, column) => errors[nameOf(idOf(product), column)], [errors]),
  };
};

// Whatever stands there now is to be replaced.
const ANY = Symbol("any");
const isSame = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/** The revision now, if the cells of a change are as they were when they were typed; else null. */
const untouched = async (panel, { action, cells }, before) => {
  if (action !== "cells") return null;
  const addresses = new Map(cells.map((cell) => [idOf(cell), { file: cell.file, product: cell.product }]));
  if (addresses.size > MOST_COMPARED) return null;
  let revision = null;
  const now = new Map();
  // eslint-disable-next-line no-restricted-syntax
  for (const [id, address] of addresses) {
    // eslint-disable-next-line no-await-in-loop
    const product = await panel.product(address);
    now.set(id, product.row);
    revision = product.revision;
  }
  const fine = cells.every(({ column, ...cell }) => {
    const was = before.get(nameOf(idOf(cell), column));
    return was === ANY || isSame(was, now.get(idOf(cell))[column]);
  });
  return fine ? revision : null;
};

/** Messages of the server by the cell that they are about. */
const atCells = (error, cells) =>
  Object.fromEntries(
    (error.errors || [])
      .filter(({ index }) => cells[index])
      .map(({ index, messages }) => [nameOf(idOf(cells[index]), cells[index].column), messages.join(" ")])
  );
