// What the server understands of what is being typed, asked by the same code that reads it when it is saved.

import { useEffect, useState } from "react";

const PAUSE = 400;
const NOTHING = { read: {}, mistakes: {}, problems: null };

/**
 * `{read: {field: {column: value}}, mistakes: {field: text}, problems}` of the fields of one product as they are; the
 * problems are those of the product as it would be, null while nobody types.
 */
export const useUnderstood = (api, address, typed) => {
  const [answer, setAnswer] = useState({ of: "", ...NOTHING });
  const now = JSON.stringify(typed);
  useEffect(() => {
    const filled = Object.entries(JSON.parse(now)).filter(([, text]) => text.trim());
    if (!filled.length) return undefined;
    let current = true;
    const ask = () =>
      api.understood(address, Object.fromEntries(filled)).then(
        (found) => current && setAnswer({ of: now, ...found }),
        () => current && setAnswer({ of: now, ...NOTHING }) // saving says what is wrong with the connection
      );
    const timer = window.setTimeout(ask, PAUSE);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [api, address, now]);
  if (answer.of === now) return answer;
  // Problems stay while somebody types on: they would come and go with each key.
  return { ...NOTHING, problems: Object.keys(typed).length ? answer.problems : null };
};
