// The listing of a draft's products, which refreshes by itself: soon while files are being read, else seldom.

import axios from "axios";
import { useCallback, useEffect, useRef, useState } from "react";

const SOON = 2000;
const SELDOM = 20000;
const AFTER_FAILURE = 8000;

/** Whether files wait to be read, or are being read. */
export const isBusy = ({ files }) => Boolean(files && (files.queued || files.running));

/**
 * The listing as it is now.
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
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  const key = JSON.stringify(query);

  useEffect(() => {
    if (!api) return undefined;
    const cancel = axios.CancelToken.source();
    const again = (delay) => {
      timer.current = window.setTimeout(() => (document.hidden ? again(delay) : refresh()), delay);
    };
    const load = async () => {
      try {
        const found = await api.products(JSON.parse(key), cancel.token);
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
  }, [api, key, stored, asked, refresh]);

  return { listing, failure, refresh };
};
