import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import { Button, Message, Progress } from "semantic-ui-react";
import { Field } from "../deposit/CellEditor";
import { Choice } from "../deposit/Filters";

/** What is selected, in words. */
const inWords = ({ columns, all, count }) => {
  if (all) return i18next.t("All rows that match are selected, in {{columns}}.", { columns: columns.join(", ") });
  if (!count) return i18next.t("Nothing is selected.");
  return i18next.t("{{count}} rows are selected, in {{columns}}.", { count, columns: columns.join(", ") || "–" });
};

/** Sets one value in what is selected, or in all rows that match the conditions. */
const SetValue = ({ columns, selection, total, busy, onSet }) => {
  const editable = columns.filter(({ system }) => !system);
  const [name, setName] = useState(editable[0]?.name || "");
  const [text, setText] = useState("");
  const [where, setWhere] = useState("selected");
  const focused = selection.columns[0];
  useEffect(() => {
    if (!focused) return;
    // What was meant for one column is not set in another, and not in all rows unasked.
    setName(focused);
    setText("");
    setWhere("selected");
  }, [focused]);
  const column = editable.find((each) => each.name === name) || editable[0];
  if (!column) return null;
  const places = {
    selected: i18next.t("the selected rows ({{count}})", { count: selection.all ? total : selection.count }),
    matching: i18next.t("all rows that match ({{count}})", { count: total }),
  };
  const empty = where === "selected" ? !selection.all && !selection.count : !total;
  const submit = (event) => {
    event.preventDefault();
    onSet(column.name, text, where === "matching" || selection.all);
  };
  return (
    <form className="set-value" onSubmit={submit} aria-label={i18next.t("Set a value in many rows")}>
      <Choice id="obscore-set-column" label={i18next.t("Set")} value={column.name} onChange={setName}
        options={Object.fromEntries(editable.map((each) => [each.name, each.name]))} />
      <Field column={column} id="obscore-set-value" typed={text} onType={setText} focus={false} />
      <Choice id="obscore-set-where" label={i18next.t("in")} value={where} options={places} onChange={setWhere} />
      <Button type="submit" size="small" disabled={busy || empty} content={i18next.t("Set the value")} />
    </form>
  );
};

SetValue.propTypes = {
  columns: PropTypes.array.isRequired,
  selection: PropTypes.object.isRequired,
  total: PropTypes.number.isRequired,
  busy: PropTypes.bool.isRequired,
  onSet: PropTypes.func.isRequired,
};

const Step = ({ icon, name, step, busy, onClick }) => {
  const words = step ? `${name}: ${step.what}` : name;
  return (
    <Button type="button" size="small" icon={icon} content={name} title={words} aria-label={words}
      disabled={busy || !step} onClick={onClick} />
  );
};

Step.propTypes = {
  icon: PropTypes.string.isRequired,
  name: PropTypes.string.isRequired,
  step: PropTypes.object,
  busy: PropTypes.bool.isRequired,
  onClick: PropTypes.func.isRequired,
};
Step.defaultProps = { step: null };

/** Buttons for what is selected, undo and redo; what the keyboard does, too. */
export const Tools = ({ columns, selection, total, history, busy, actions }) => (
  <div className="tools">
    <div className="row-actions" role="toolbar" aria-label={i18next.t("Changes")}>
      <Step icon="undo" name={i18next.t("Undo")} step={history?.undo} busy={busy} onClick={actions.undo} />
      <Step icon="redo" name={i18next.t("Redo")} step={history?.redo} busy={busy} onClick={actions.redo} />
      <Button type="button" size="small" icon="arrow down" content={i18next.t("Fill down")} onClick={actions.fill}
        title={i18next.t("The value of the first selected row for all of them (Ctrl+D)")}
        disabled={busy || !(selection.all || selection.count > 1) || !selection.columns.length} />
      <Button type="button" size="small" icon="eraser" content={i18next.t("Reset")} onClick={actions.reset}
        title={i18next.t("What is selected goes back to what was found in the files")}
        disabled={busy || !(selection.all || selection.count) || !selection.columns.length} />
      <span className="selected" role="status">{inWords(selection)}</span>
    </div>
    {history?.refused && <p className="refused">{history.refused}</p>}
    <SetValue columns={columns} selection={selection} total={total} busy={busy} onSet={actions.set} />
  </div>
);

Tools.propTypes = {
  columns: PropTypes.array.isRequired,
  selection: PropTypes.object.isRequired,
  total: PropTypes.number.isRequired,
  history: PropTypes.object,
  busy: PropTypes.bool.isRequired,
  actions: PropTypes.object.isRequired,
};
Tools.defaultProps = { history: null };

/** What became of the last change, and what to do about those that could not be saved. */
export const Said = ({ edits }) => {
  const { said, progress, conflict, waiting, busy } = edits;
  const percent = progress?.total ? Math.round((100 * progress.done) / progress.total) : 0;
  return (
    <>
      {progress && (
        <Progress size="tiny" percent={percent} role="progressbar" aria-valuemin={0} aria-valuemax={100}
          aria-valuenow={percent} aria-label={i18next.t("Changing rows")} />
      )}
      {said.bad ? (
        <Message negative={!conflict} warning={Boolean(conflict)} visible size="small" role="alert">
          <p>
            <bdi>{said.text}</bdi>{" "}
            {conflict && i18next.t("What is there now is shown in the rows; what you typed is kept.")}
          </p>
          {(conflict || waiting > 0) && (
            <>
              <Button type="button" size="mini" disabled={busy} onClick={edits.again}>
                {conflict ? i18next.t("Replace it by mine") : i18next.t("Save the rest")}
              </Button>
              <Button type="button" size="mini" disabled={busy} onClick={edits.drop}>
                {conflict ? i18next.t("Leave it as it is") : i18next.t("Drop what is not saved")}
              </Button>
            </>
          )}
        </Message>
      ) : (
        <p role="status" aria-live="polite" className="said">
          {said.text}
        </p>
      )}
    </>
  );
};

Said.propTypes = { edits: PropTypes.object.isRequired };
