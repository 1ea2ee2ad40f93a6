import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { Button, Icon, Label } from "semantic-ui-react";
import { Choice } from "../deposit/Filters";

const OPERATORS = {
  "~": i18next.t("contains"),
  "!~": i18next.t("does not contain"),
  "=": i18next.t("is"),
  "!=": i18next.t("is not"),
  ">=": i18next.t("at least"),
  "<=": i18next.t("at most"),
  ":empty": i18next.t("is empty"),
  ":filled": i18next.t("is not empty"),
};
const FILE = { file: i18next.t("File"), product: i18next.t("Member and part") };

const inWords = (condition) => {
  const [, column, operator, value] = condition.match(/^(\w+)(!~|!=|>=|<=|:empty|:filled|[~=<>])(.*)$/s) || [];
  return column ? [FILE[column] || column, OPERATORS[operator] || operator, value].join(" ").trim() : condition;
};

/** Conditions on columns; the server filters. */
export const FilterBar = ({ columns, filters, errors, onChange }) => {
  const [column, setColumn] = useState("target_name");
  const [operator, setOperator] = useState("~");
  const [value, setValue] = useState("");
  const names = { ...FILE, ...Object.fromEntries(columns.map(({ name }) => [name, name])) };
  const unary = operator.startsWith(":");
  const add = (event) => {
    event.preventDefault();
    if (!unary && !value.trim()) return;
    onChange([...filters, `${column}${operator}${unary ? "" : value.trim()}`]);
    setValue("");
  };
  return (
    <div className="conditions">
      <form onSubmit={add} aria-label={i18next.t("Add a condition")}>
        <Choice id="obscore-filter-column" label={i18next.t("Only rows where")} value={column} options={names}
          onChange={setColumn} />
        <Choice id="obscore-filter-operator" label={i18next.t("condition")} value={operator}
          options={OPERATORS} onChange={setOperator} />
        {!unary && (
          <span className="ui small input">
            <input type="text" value={value} aria-label={i18next.t("Value of the condition")} maxLength={300}
              placeholder={i18next.t("550 nm, crab, 2019-05-01")} onChange={({ target }) => setValue(target.value)} />
          </span>
        )}
        <Button type="submit" size="small" icon="filter" content={i18next.t("Add the condition")} />
      </form>
      {filters.length > 0 && (
        <ul className="chosen" aria-label={i18next.t("Conditions")}>
          {filters.map((condition, index) => (
            <li key={condition}>
              <Label color={errors[index] ? "red" : undefined} basic>
                <bdi>{inWords(condition)}</bdi>
                <button
                  type="button"
                  aria-label={i18next.t("Remove the condition {{condition}}", { condition: inWords(condition) })}
                  onClick={() => onChange(filters.filter((each) => each !== condition))}
                >
                  <Icon name="close" />
                </button>
              </Label>
              {errors[index] && <span role="alert" className="bad"><bdi>{errors[index]}</bdi></span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

FilterBar.propTypes = {
  columns: PropTypes.array.isRequired,
  filters: PropTypes.array.isRequired,
  errors: PropTypes.object.isRequired,
  onChange: PropTypes.func.isRequired,
};
