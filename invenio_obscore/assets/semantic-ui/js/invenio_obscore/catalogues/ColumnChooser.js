import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { columnGroups } from "../deposit/columns";

const GROUPS = columnGroups();
const KEPT = "invenio-obscore-columns";
const FIRST = [
  "target_name", "dataproduct_type", "s_ra", "s_dec", "t_min", "t_max", "t_exptime", "em_min", "em_max",
  "facility_name", "instrument_name", "obs_collection", "obs_title",
];

const load = () => {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEPT));
    return Array.isArray(kept) && kept.length ? kept : FIRST;
  } catch (error) {
    return FIRST;
  }
};

/** Names of the columns that are shown, which the browser remembers. */
export const useColumns = () => {
  const [chosen, setChosen] = useState(load);
  const choose = (names) => {
    setChosen(names);
    try {
      window.localStorage.setItem(KEPT, JSON.stringify(names));
    } catch (error) {
      console.warn("The choice of columns cannot be kept:", error.message);
    }
  };
  return [chosen, choose];
};

/** Boxes for all columns; at least one stays. */
export const ColumnChooser = ({ chosen, onChange }) => {
  const toggle = (name) => {
    const next = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
    if (next.length) onChange(next);
  };
  return (
    <details className="columns-to-choose">
      <summary>{i18next.t("Columns ({{count}} shown)", { count: chosen.length })}</summary>
      <div className="groups">
        {GROUPS.map(({ name, title, columns }) => (
          <fieldset key={name}>
            <legend>{title}</legend>
            {columns.map((column) => (
              <label key={column.name} title={column.description}>
                <input type="checkbox" checked={chosen.includes(column.name)} onChange={() => toggle(column.name)} />{" "}
                {column.name}
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
};

ColumnChooser.propTypes = { chosen: PropTypes.array.isRequired, onChange: PropTypes.func.isRequired };
