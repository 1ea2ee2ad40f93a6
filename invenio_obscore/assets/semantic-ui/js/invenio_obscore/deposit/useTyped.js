// What was typed and not saved, kept in the tab's session storage: a failed save, a reload or a second tab lose nothing.

import { useCallback, useEffect, useState } from "react";

const load = (name) => {
  try {
    return JSON.parse(window.sessionStorage.getItem(name)) || {};
  } catch (error) {
    return {};
  }
};

const keep = (name, typed) => {
  try {
    if (Object.keys(typed).length) window.sessionStorage.setItem(name, JSON.stringify(typed));
    else window.sessionStorage.removeItem(name);
  } catch (error) {
    console.warn("What was typed cannot be kept across a reload:", error.message);
  }
};

/** `typed[name]` is an object of values; `change(name, values)` replaces it, and an empty object forgets it; `changeAll` all of them. */
export const useTyped = (draft) => {
  const name = `invenio-obscore-typed:${draft}`;
  const [typed, setTyped] = useState(() => load(name));
  useEffect(() => {
    if (draft) keep(name, typed);
  }, [draft, name, typed]);
  const change = useCallback(
    (part, values) =>
      setTyped(({ [part]: former, ...others }) => {
        const next = typeof values === "function" ? values(former || {}) : values;
        return Object.keys(next).length ? { ...others, [part]: next } : others;
      }),
    []
  );
  const waiting = Object.keys(typed).length > 0;
  useEffect(() => {
    if (!waiting) return undefined;
    const ask = (event) => {
      event.preventDefault();
      event.returnValue = "";
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [waiting]);
  return { typed, change, changeAll: setTyped };
};
