// Where a value came from, in words.

import { i18next } from "@translations/invenio_obscore/i18next";

const WORDS = {
  keyword: ({ detail }) => i18next.t("keyword {{detail}}", { detail }),
  wcs: ({ detail }) => detail || i18next.t("WCS"),
  table: ({ detail }) => detail || i18next.t("table values"),
  file: ({ detail }) => detail || i18next.t("the file"),
  instrument: ({ detail }) => i18next.t("instrument's rule: {{detail}}", { detail }),
  house: ({ detail }) => i18next.t("house rule: {{detail}}", { detail }),
  mapping: ({ detail }) => i18next.t("mapping {{detail}}", { detail }),
  simbad: ({ detail }) => i18next.t("Simbad: {{detail}}", { detail }),
  svo: ({ detail }) => i18next.t("Filter service: {{detail}}", { detail }),
  depositor: ({ detail }) => (detail === "emptied" ? i18next.t("you (emptied)") : i18next.t("you")),
  record: ({ detail }) => detail || i18next.t("this record's metadata"),
  default: ({ detail }) => detail || i18next.t("default"),
};
const FROM_HEADER = ["keyword", "wcs", "table", "instrument", "house"];
const KEYWORD = /\b[A-Z][A-Z0-9_-]{2,7}\b/;

/** In words, with the HDU where the words do not name it. */
export const inWords = (evidence) => {
  if (!evidence) return "";
  const words = (WORDS[evidence.source] || WORDS.default)({ ...evidence, detail: evidence.detail || "" });
  if (evidence.hdu === undefined || /HDU/.test(words)) return words;
  return i18next.t("{{words}} of HDU {{hdu}}", { words, hdu: evidence.hdu });
};

/** What to search for in the header, or null where the value does not come from one. */
export const inHeader = (evidence) => {
  if (!evidence || !FROM_HEADER.includes(evidence.source)) return null;
  const keyword = evidence.source === "keyword" ? (evidence.detail || "").match(KEYWORD) : null;
  return { search: keyword ? keyword[0] : "", hdu: evidence.hdu };
};
