import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useLayoutEffect, useRef, useState } from "react";
import { Button, Icon } from "semantic-ui-react";
import { beside, isNumber, plain, readable } from "../components/format";
import { COLUMNS, example } from "./columns";
import { inHeader, inWords } from "./evidence";

const EMPTY = i18next.t("empty");
const BY_RECORD = i18next.t("from the record, when it is published");
const BY_SERVER = i18next.t("set by the server, when it is published");
// Columns that the record fills where they are empty.
const OF_RECORD = ["obs_collection", "obs_id", "obs_title", "obs_creator_name", "bib_reference"];

const nothing = ({ name, system }) => (system && BY_SERVER) || (OF_RECORD.includes(name) && BY_RECORD) || EMPTY;

/** The value in another unit or form; nothing where that is the column's own. */
const otherwise = ({ name, unit }, value) => {
  const other = beside(name, value);
  return unit && other.endsWith(`\u202f${unit}`) ? "" : other;
};

const Shown = ({ column, value }) => {
  const other = otherwise(column, value);
  if (value === undefined || value === null) return <span className="empty">{nothing(column)}</span>;
  return (
    <>
      <bdi className="value">{readable(value)}</bdi> {column.unit && <span className="unit">{column.unit}</span>}
      {other && <div className="beside">{other}</div>}
    </>
  );
};

Shown.propTypes = { column: PropTypes.object.isRequired, value: PropTypes.any };
Shown.defaultProps = { value: undefined };

/** The field in which a value of a column is typed. */
export const Field = ({ column, id, typed, error, onType, focus }) => {
  const input = useRef(null);
  // Before anything else is typed.
  useLayoutEffect(() => {
    if (focus) input.current.focus();
  }, [focus]);
  const shared = {
    id,
    ref: input,
    value: typed,
    "onChange": ({ target }) => onType(target.value),
    "aria-invalid": Boolean(error),
    "aria-describedby": `${id}-${error ? "error" : "understood"}`,
    "aria-label": column.unit
      ? i18next.t("{{name}} in {{unit}}", { name: column.name, unit: column.unit })
      : column.name,
  };
  return (
    <div className={`ui fluid${column.unit ? " right labeled" : ""} input${error ? " error" : ""}`}>
      {column.terms ? (
        <select {...shared} className="ui dropdown">
          <option value="">{EMPTY}</option>
          {column.terms.map((term) => (
            <option key={term}>{term}</option>
          ))}
        </select>
      ) : (
        <input {...shared} type="text" placeholder={example(column)} autoComplete="off" spellCheck={false} />
      )}
      {column.unit && (
        <div className="ui basic label" aria-hidden="true">
          {column.unit}
        </div>
      )}
    </div>
  );
};

Field.propTypes = {
  column: PropTypes.object.isRequired,
  id: PropTypes.string.isRequired,
  typed: PropTypes.string.isRequired,
  error: PropTypes.string,
  onType: PropTypes.func.isRequired,
  focus: PropTypes.bool.isRequired,
};
Field.defaultProps = { error: undefined };

const told = (name, value) => {
  const column = COLUMNS.find((each) => each.name === name);
  const other = otherwise(column, value);
  return [readable(value), column.unit, other && `(${other})`].filter(Boolean).join(" ");
};

const isTold = (name, value, typed) => isNumber(value) || (value !== null && plain(value) !== typed.trim());

/** What a field means as it is: its value in the column's unit, or why it has none; what would be doubtful then. */
const Understood = ({ column, id, typed, understood, problems }) => {
  const { read, mistakes } = understood;
  const values = Object.entries(read[column.name] || {}).filter(([name, value]) => isTold(name, value, typed));
  return (
    <div id={id} className="understood" aria-live="polite">
      {values.map(([name, value]) => (
        <div key={name}>
          {name !== column.name && `${name} `}= <bdi>{told(name, value)}</bdi>
        </div>
      ))}
      {mistakes[column.name] && <bdi>{mistakes[column.name]}</bdi>}
      <Problems problems={problems} column={column} />
    </div>
  );
};

Understood.propTypes = {
  column: PropTypes.object.isRequired,
  id: PropTypes.string.isRequired,
  typed: PropTypes.string.isRequired,
  understood: PropTypes.object.isRequired,
  problems: PropTypes.array.isRequired,
};

const Problems = ({ problems, column }) =>
  problems
    .filter((problem) => problem.column === column.name)
    .map((problem) => (
      <div key={problem.code + problem.message} className={`problem ${problem.severity}`}>
        <Icon name={problem.severity === "advice" ? "info circle" : "warning sign"} />
        <bdi>{problem.message}</bdi>
      </div>
    ));

Problems.propTypes = { problems: PropTypes.array.isRequired, column: PropTypes.object.isRequired };

const Origin = ({ evidence, column, onHeader }) => {
  const words = inWords(evidence);
  const target = inHeader(evidence);
  if (!words) return null;
  if (!target) return <bdi className="origin">{words}</bdi>;
  return (
    <button
      type="button"
      className="origin link"
      title={i18next.t("Show the header")}
      aria-label={i18next.t("{{column}} comes from {{words}}: show the header", { column, words })}
      onClick={() => onHeader(target)}
    >
      <bdi>{words}</bdi>
    </button>
  );
};

Origin.propTypes = {
  evidence: PropTypes.object,
  column: PropTypes.string.isRequired,
  onHeader: PropTypes.func.isRequired,
};
Origin.defaultProps = { evidence: undefined };

const Name = ({ column }) => (
  <div className="name">
    {column.name}
    <span className="description">{column.description}</span>
  </div>
);

Name.propTypes = { column: PropTypes.object.isRequired };

/** One column of an open product: its value, where it came from, and its correction. */
export const CellEditor = ({ column, id, product, typed, understood, error, onType, onHeader, onReset }) => {
  const [opened, setOpened] = useState(false);
  const editing = typed !== undefined;
  const value = product.row[column.name];
  const corrected = Object.prototype.hasOwnProperty.call(product.corrections, column.name);
  // What would be doubtful, once something is typed.
  const problems = understood.problems || product.problems;
  const doubtful = problems.some((problem) => problem.column === column.name);
  const edit = () => {
    setOpened(true);
    onType(plain(value));
  };
  return (
    <div className={`cell${doubtful || error ? " doubtful" : ""}`} data-column={column.name}>
      <Name column={column} />
      <div className="content">
        {editing ? (
          <Field column={column} id={id} typed={typed} error={error} onType={onType} focus={opened} />
        ) : (
          <Shown column={column} value={value} />
        )}
        {error && (
          <div className="ui pointing red basic label message" id={`${id}-error`} role="alert">
            {error}
          </div>
        )}
        {editing && !error ? (
          <Understood
            column={column}
            id={`${id}-understood`}
            typed={typed}
            understood={understood}
            problems={problems}
          />
        ) : (
          <Problems problems={problems} column={column} />
        )}
        <Origin evidence={product.evidence[column.name]} column={column.name} onHeader={onHeader} />
      </div>
      <div className="actions">
        {!column.system && !editing && (
          <Button
            basic
            compact
            size="mini"
            type="button"
            icon="pencil"
            content={i18next.t("Edit")}
            aria-label={i18next.t("Edit {{column}}", { column: column.name })}
            onClick={edit}
          />
        )}
        {editing && (
          <Button
            basic
            compact
            size="mini"
            type="button"
            content={i18next.t("Cancel")}
            aria-label={i18next.t("Cancel editing {{column}}", { column: column.name })}
            onClick={() => onType(undefined)}
          />
        )}
        {corrected && !editing && (
          <Button
            basic
            compact
            size="mini"
            type="button"
            icon="undo"
            content={i18next.t("Reset")}
            aria-label={i18next.t("Reset {{column}} to what was found", { column: column.name })}
            onClick={() => onReset(column.name)}
          />
        )}
      </div>
    </div>
  );
};

CellEditor.propTypes = {
  column: PropTypes.object.isRequired,
  id: PropTypes.string.isRequired,
  product: PropTypes.object.isRequired,
  typed: PropTypes.string,
  understood: PropTypes.object.isRequired,
  error: PropTypes.string,
  onType: PropTypes.func.isRequired,
  onHeader: PropTypes.func.isRequired,
  onReset: PropTypes.func.isRequired,
};
CellEditor.defaultProps = { typed: undefined, error: undefined };
