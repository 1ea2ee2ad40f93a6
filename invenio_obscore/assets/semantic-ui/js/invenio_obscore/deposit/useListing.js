// The listing of a draft's products, which refreshes by itself: soon while files are being read, else seldom.

import axios from "axios";
import { GONE } from "./api";
import { idOf } from "./ProductList";
import { useCallback, useEffect, useRef, useState } from "react";

const SOON = 2000;
const SELDOM = 20000;
const AFTER_FAILURE = 8000;

/** Whether files wait to be read, or are being read. */
export const isBusy = ({ files }) => Boolean(files && (files.queued || files.running));

/** The product as it is now, although the page has it no more; null where it is gone. */
const alone = async (api, product) => {
  if (product.failed) return null;
  try {
    return await api.product(product);
  } catch (error) {
    if (error.kind === GONE) return null;
    throw error;
  }
};

/** The products of a page in the order in which they stood, wherever they belong now; new ones at the end. */
const inOrder = async (api, before, { products, size }) => {
  const now = new Map(products.map((product) => [idOf(product), product]));
  const kept = await Promise.all(before.map((product) => now.get(idOf(product)) || alone(api, product)));
  const places = new Set(before.map(idOf));
  const come = products.filter((product) => !places.has(idOf(product)));
  return [...kept.filter(Boolean), ...come].slice(0, Math.max(size, before.length));
};

/**
 * The listing as it is now. Once `hold` was called its rows stay where they are, until something else is asked for or
 * `release` is called.
 *
 * api: of the draft, or null where there is no draft yet
 * query: page, size, q, show, sort
 * stored: changes whenever the form's own list of files does, which asks again at once
 */
export const useListing = (api, query, stored) => {
  const [listing, setListing] = useState(null);
  const [failure, setFailure] = useState(null);
  const [asked, setAsked] = useState(0);
  const timer = useRef(null);
  const shown = useRef([]);
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  const key = JSON.stringify(query);
  // Of which query the rows stay.
  const [held, setHeld] = useState("");
  const isHeld = held === key;
  const hold = useCallback(() => setHeld(key), [key]);
  const release = useCallback(() => setHeld(""), []);
  useEffect(release, [release, key]);

  useEffect(() => {
    if (!api) return undefined;
    const cancel = axios.CancelToken.source();
    const again = (delay) => {
      timer.current = window.setTimeout(() => (document.hidden ? again(delay) : refresh()), delay);
    };
    const load = async () => {
      try {
        const found = await api.products(JSON.parse(key), cancel.token);
        if (isHeld) found.products = await inOrder(api, shown.current, found);
        if (cancel.token.reason) return;
        shown.current = found.products;
        setListing(found);
        setFailure(null);
        again(isBusy(found) ? SOON : SELDOM);
      } catch (error) {
        if (axios.isCancel(error)) return;
        setFailure(error);
        again(AFTER_FAILURE);
      }
    };
    load();
    return () => {
      cancel.cancel();
      window.clearTimeout(timer.current);
    };
  }, [api, key, isHeld, stored, asked, refresh]);

  return { listing, failure, refresh, isHeld, hold, release };
};
