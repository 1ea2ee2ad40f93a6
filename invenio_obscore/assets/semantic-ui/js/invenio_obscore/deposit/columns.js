// The columns of ObsCore as the server describes them in the page, in the groups in which people look for them.

import { i18next } from "@translations/invenio_obscore/i18next";

const TITLES = {
  what: i18next.t("What"),
  where: i18next.t("Where"),
  when: i18next.t("When"),
  wavelength: i18next.t("Which wavelengths"),
  observable: i18next.t("What was measured"),
  polarisation: i18next.t("Polarisation"),
  telescope: i18next.t("From which telescope"),
  who: i18next.t("Who"),
  access: i18next.t("Access"),
};

const read = () => {
  const element = document.getElementById("obscore-columns");
  return element ? JSON.parse(element.value) : [];
};

/** `{name, group, unit, description, kind, terms, system, mandatory}` of each column. */
export const COLUMNS = read();

export const columnGroups = () =>
  Object.entries(TITLES)
    .map(([name, title]) => ({ name, title, columns: COLUMNS.filter(({ group }) => group === name) }))
    .filter(({ columns }) => columns.length);

const EXAMPLES = {
  s_ra: i18next.t("83.633, 05:34:31.9, or a whole position"),
  s_dec: "22.0145, +22:00:52",
  t_min: i18next.t("58604.125 (MJD) or 2019-05-01T03:00"),
  t_max: i18next.t("58604.125 (MJD) or 2019-05-01T03:00"),
  em_min: "550 nm, 1.4 GHz, 2 keV",
  em_max: "550 nm, 1.4 GHz, 2 keV",
  t_exptime: "30 s, 15 min",
  s_region: "Circle ICRS 83.6 22.0 0.5",
  pol_states: "/I/Q/U/",
};

export const example = ({ name, unit }) => EXAMPLES[name] || (unit ? i18next.t("in {{unit}}", { unit }) : "");
