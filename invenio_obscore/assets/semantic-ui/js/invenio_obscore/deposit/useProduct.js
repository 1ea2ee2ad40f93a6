// One open product: what the server has, and saving what was typed without overwriting anybody.

import { i18next } from "@translations/invenio_obscore/i18next";
import { useCallback, useEffect, useRef, useState } from "react";
import { CONFLICT, OFFLINE } from "./api";

const isSame = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/** Columns of `names` whose correction differs between two states of the product. */
const changedMeanwhile = (names, before, now) =>
  names.filter((name) => !isSame(before.corrections[name], now.corrections[name]));

const asValues = (typed) =>
  Object.fromEntries(Object.entries(typed).map(([name, text]) => [name, text.trim() === "" ? null : text]));

/**
 * product: as the server has it, null while it loads; failure: why it cannot be shown
 * save(typed, reset): saves; `apply(send, names)`: any other change that needs the revision
 */
export const useProduct = (api, address, revision, onSaved) => {
  const [product, setProduct] = useState(null);
  const [failure, setFailure] = useState(null);
  const [saving, setSaving] = useState(false);
  const alive = useRef(true);
  const seen = useRef(0);
  // Columns of a save whose answer got lost: it may have arrived.
  const unsure = useRef([]);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const load = useCallback(async () => {
    const found = await api.product(address);
    const complete = { ...found, corrections: found.corrections || {}, evidence: found.evidence || {} };
    if (alive.current) {
      seen.current = complete.revision;
      setProduct(complete);
      setFailure(null);
    }
    return complete;
  }, [api, address]);

  // The listing's revision grows when somebody else, or the mapping, changed the draft.
  useEffect(() => {
    if (product && revision <= seen.current) return;
    load().catch((error) => alive.current && setFailure(error));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [load, revision]);

  const apply = async (send, names) => {
    setSaving(true);
    try {
      const done = await attempt(send, names, product, load, unsure.current);
      unsure.current = [];
      await load();
      onSaved();
      return done;
    } catch (error) {
      if (error.kind === OFFLINE) unsure.current = names;
      throw error;
    } finally {
      if (alive.current) setSaving(false);
    }
  };
  const save = (typed, reset = []) => {
    const corrections = asValues(typed);
    const send = (at) => api.correct(address, at, { corrections, reset });
    return apply(send, [...Object.keys(corrections), ...reset]);
  };
  return { product, failure, saving, save, apply };
};

/** Send; after a conflict load again, and send once more if nobody touched the same columns. */
const attempt = async (send, names, before, load, ours) => {
  try {
    return await send(before.revision);
  } catch (error) {
    if (error.kind !== CONFLICT) throw error;
    const now = await load();
    const touched = changedMeanwhile(names, before, now).filter((name) => !ours.includes(name));
    if (!touched.length) return send(now.revision);
    error.message = i18next.t(
      "Somebody else, or you in another tab, changed {{columns}} meanwhile. What is there now is shown; what you typed is kept. Save again to replace it.",
      { columns: touched.join(", ") }
    );
    error.touched = touched;
    throw error;
  }
};
