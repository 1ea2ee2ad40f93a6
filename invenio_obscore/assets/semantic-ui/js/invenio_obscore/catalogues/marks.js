// What a cell of the spreadsheet is marked with: where its value is from, and what is the matter with it.

import { i18next } from "@translations/invenio_obscore/i18next";

/** From the gravest to the least: sign before the value, words for it, colour of the cell. */
export const MARKS = {
  refused: { sign: "✖", words: i18next.t("not understood"), colour: "#ffdede" },
  waiting: { sign: "…", words: i18next.t("not saved"), colour: "#fff3d6" },
  doubtful: { sign: "!", words: i18next.t("doubtful"), colour: "#ffe9d9" },
  differs: { sign: "≠", words: i18next.t("other than published"), colour: "#fffac2" },
  corrected: { sign: "✎", words: i18next.t("corrected"), colour: "#dfeefb" },
  mapped: { sign: "→", words: i18next.t("by the mapping"), colour: "#e4f5e6" },
};

const ORDER = Object.keys(MARKS);
const SOURCES = { depositor: "corrected", simbad: "corrected", svo: "corrected", mapping: "mapped" };

/** Names of the marks of a cell, the gravest first. */
export const marksOf = (product, column, { typed, refused, differs }) => {
  const grave = product.problems.some((problem) => problem.column === column && problem.severity !== "advice");
  const found = {
    refused,
    waiting: typed !== undefined && !refused,
    doubtful: grave,
    differs,
    [SOURCES[product.sources?.[column]]]: true,
  };
  return ORDER.filter((name) => found[name]);
};
