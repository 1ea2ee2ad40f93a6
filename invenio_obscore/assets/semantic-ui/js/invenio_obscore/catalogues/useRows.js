// The rows of a draft, loaded page by page as they come into sight and kept until they change.

import { useCallback, useEffect, useMemo, useRef, useState } from "react";

const SIZE = 200;
const SOON = 3000;

const empty = (key) => ({ key, pages: new Map(), fresh: new Set(), loading: new Map(), seen: [0, 0], round: 0 });
const pageOf = (row) => Math.floor(row / SIZE);

const isBusy = ({ files, complete }) => Boolean(files?.queued || files?.running || complete === false);

/**
 * query: columns, q, show, filter, sort
 *
 * sheet: what the listing says beside its rows (total, revision, history, counts …), null at first
 * at(row): a product, undefined while it loads; see(first, last): these are in sight
 * ensure(first, last): a promise of them all; reload(): what is in sight is asked for again
 */
export const useRows = (api, query) => {
  const key = JSON.stringify(query);
  const store = useRef(empty(key));
  const [sheet, setSheet] = useState(null);
  const [failure, setFailure] = useState(null);
  const [drawn, setDrawn] = useState(0);

  const load = useCallback(
    (page) => {
      const kept = store.current;
      if (kept.fresh.has(page)) return Promise.resolve();
      if (kept.loading.has(page)) return kept.loading.get(page);
      const { round } = kept;
      const asking = (async () => {
        try {
          const { products, ...answer } = await api.rows({ ...JSON.parse(kept.key), page: page + 1, size: SIZE });
          if (store.current !== kept || kept.round !== round) return;
          kept.pages.set(page, products);
          kept.fresh.add(page);
          setSheet(answer);
          setFailure(null);
        } catch (error) {
          if (store.current === kept) setFailure(error);
          throw error;
        } finally {
          if (kept.round === round) kept.loading.delete(page);
          setDrawn((count) => count + 1);
        }
      })();
      kept.loading.set(page, asking);
      return asking;
    },
    [api]
  );

  const see = useCallback(
    (first, last) => {
      store.current.seen = [pageOf(first), pageOf(last)];
      for (let page = pageOf(first); page <= pageOf(last); page += 1) load(page).catch(() => {}); // in `failure`
    },
    [load]
  );

  const reload = useCallback(() => {
    const kept = store.current;
    const [first, last] = kept.seen;
    Object.assign(kept, { fresh: new Set(), loading: new Map(), round: kept.round + 1 });
    // What is out of sight is old now.
    kept.pages = new Map([...kept.pages].filter(([page]) => page >= first && page <= last));
    see(first * SIZE, last * SIZE);
  }, [see]);

  const ensure = useCallback(
    async (first, last) => {
      for (let page = pageOf(first); page <= pageOf(last); page += 1) {
        // One after the other: thousands of rows must not hold up everybody else.
        // eslint-disable-next-line no-await-in-loop
        await load(page);
      }
      const rows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const { pages } = store.current;
      return rows.map((row) => pages.get(pageOf(row))?.[row % SIZE]).filter(Boolean);
    },
    [load]
  );

  useEffect(() => {
    store.current = empty(key);
    see(0, 0);
  }, [key, see]);

  useEffect(() => {
    if (!sheet || !isBusy(sheet)) return undefined;
    const timer = window.setTimeout(reload, SOON);
    return () => window.clearTimeout(timer);
  }, [sheet, reload]);

  const at = useCallback(
    (row) => store.current.pages.get(pageOf(row))?.[row % SIZE],
    // A new function lets the table draw anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [drawn, key]
  );
  return useMemo(
    () => ({ sheet, failure, at, see, ensure, reload }),
    [sheet, failure, at, see, ensure, reload]
  );
};
