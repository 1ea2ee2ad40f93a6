// All products of a listing for the views that show them at once, although the list shows a page of them.

import { useEffect, useRef, useState } from "react";

// While files are being read everything changes every other second: the same is not asked for as often.
const SELDOM = 5000;

/** What the views take, of an answer of the server: `{products, total, most}`, each product with its `place`. */
const read = ({ columns, products, total, most }, name) => ({
  total,
  most,
  products: products.map((values) => {
    const found = Object.fromEntries(columns.map((column, number) => [column, values[number]]));
    return { ...found, ...name(found) };
  }),
});

/**
 * The outlines of all products, or null where there are none (yet).
 *
 * load: asks the server
 * wanted: changes whenever they may have; empty where nobody needs them
 * name: gives `{id, label}` of `{file, product, place, target_name}`
 */
export const useOutlines = (load, wanted, name) => {
  const [outlines, setOutlines] = useState(null);
  const asked = useRef({});
  useEffect(() => {
    if (!wanted) {
      setOutlines(null);
      return undefined;
    }
    let current = true;
    const ask = async () => {
      asked.current = { load, at: Date.now() };
      try {
        const answer = await load();
        if (current) setOutlines(read(answer, name));
      } catch (error) {
        // What the list's page shows is drawn instead, and said so.
        console.info("The outlines of all products are not there:", error.message);
        if (current) setOutlines(null);
      }
    };
    const pause = asked.current.load === load ? asked.current.at + SELDOM - Date.now() : 0;
    const timer = window.setTimeout(ask, Math.max(0, pause));
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [load, wanted, name]);
  return outlines;
};
