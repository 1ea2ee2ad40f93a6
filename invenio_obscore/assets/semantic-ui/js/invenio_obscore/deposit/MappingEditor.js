import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { Component, lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { Button, Loader, Message } from "semantic-ui-react";
import { CONFLICT } from "./api";
import { Sample, Tally } from "./MappingPreview";

const MappingCode = lazy(() => import("./MappingCode"));

const PAUSE = 600;
// Comments are passed over.
const QUOTED = /#[^\n]*|'[^'\n]*'|"[^"\n]*"/g;
const NAME_IN_BRACES = /\{([A-Za-z_][\w -]*)\}/;
const POLL = 1000;

/** A plain text field where the editor cannot be loaded. */
class WithoutEditor extends Component {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    const { text, onChange, children } = this.props;
    const { failed } = this.state;
    if (!failed) return children;
    return (
      <textarea
        rows={10}
        value={text}
        aria-label={i18next.t("Mapping")}
        onChange={({ target }) => onChange(target.value)}
      />
    );
  }
}

WithoutEditor.propTypes = {
  text: PropTypes.string.isRequired,
  onChange: PropTypes.func.isRequired,
  children: PropTypes.node.isRequired,
};

/** What a mapping would change in a sample, asked for once it has not been changed for a moment. */
export const usePreview = (api, text) => {
  const [preview, setPreview] = useState(null);
  useEffect(() => {
    if (text === undefined) return undefined;
    let current = true;
    const timer = window.setTimeout(async () => {
      try {
        const found = await api.preview(text);
        if (current) setPreview(found);
      } catch (error) {
        if (current) setPreview({ errors: [], sample: [], touched: 0, failure: error.message });
      }
    }, PAUSE);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [api, text]);
  return preview;
};

const useCount = (api) => {
  const [tally, setTally] = useState(null);
  const timer = useRef(null);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const watch = useCallback(async () => {
    const found = await api.count();
    setTally(found);
    if (found.state === "running") timer.current = window.setTimeout(watch, POLL);
  }, [api]);
  const begin = useCallback(
    async (text) => {
      window.clearTimeout(timer.current);
      await api.beginCount(text);
      await watch();
    },
    [api, watch]
  );
  return { tally, begin, clear: () => setTally(null) };
};

/** Mappings to start from. */
export const Library = ({ api, onChoose }) => {
  const [kept, setKept] = useState(null);
  const [error, setError] = useState("");
  const load = async () => {
    if (kept) return;
    try {
      setKept((await api.mappings()).mappings);
    } catch (failure) {
      setError(failure.message);
    }
  };
  const titles = { library: i18next.t("The data centre's mappings"), deposit: i18next.t("Your earlier deposits") };
  return (
    <div className="library">
      <label htmlFor="obscore-mapping-library">{i18next.t("Start from")}</label>
      <select
        id="obscore-mapping-library"
        className="ui dropdown"
        value=""
        onFocus={load}
        onMouseDown={load}
        onChange={({ target }) => onChoose(kept[Number(target.value)].text)}
      >
        <option value="">{kept && !kept.length ? i18next.t("nothing is kept yet") : i18next.t("choose a mapping…")}</option>
        {Object.entries(titles).map(([source, title]) => (
          <optgroup key={source} label={title}>
            {(kept || []).map((each, index) =>
              each.source === source ? (
                <option key={each.source + each.id} value={index}>
                  {each.title}
                </option>
              ) : null
            )}
          </optgroup>
        ))}
      </select>
      {error && <span role="alert">{error}</span>}
    </div>
  );
};

Library.propTypes = { api: PropTypes.object.isRequired, onChoose: PropTypes.func.isRequired };

/** How a text is written in which somebody put a name into braces; nothing where nobody did. */
const insteadOfBraces = (text) => {
  const found = (text.match(QUOTED) || []).find((each) => each[0] !== "#" && NAME_IN_BRACES.test(each));
  if (!found) return "";
  const [sign] = found;
  const parts = found.slice(1, -1).split(NAME_IN_BRACES);
  return `concat(${parts.map((part, number) => (number % 2 || !part ? part : sign + part + sign)).filter(Boolean).join(", ")})`;
};

/** The text of a mapping with its mistakes. */
export const MappingText = ({ text, errors, onChange, describedBy }) => {
  const instead = insteadOfBraces(text);
  return (
    <>
      <WithoutEditor text={text} onChange={onChange}>
        <Suspense fallback={<Loader active inline="centered" />}>
          <MappingCode text={text} errors={errors} onChange={onChange} describedBy={describedBy} />
        </Suspense>
      </WithoutEditor>
      <div role="status" aria-live="polite" className="mistakes">
        {errors.length > 0 && (
          <Message negative size="small">
            <Message.List>
              {errors.slice(0, 20).map(({ line, column, message, remedy }) => (
                <Message.Item key={`${line}-${column}-${message}`}>
                  {i18next.t("Line {{line}}, column {{column}}:", { line, column })} <bdi>{message}</bdi>
                  {remedy && <em> ({remedy})</em>}
                </Message.Item>
              ))}
            </Message.List>
          </Message>
        )}
        {instead && (
          <p>
            {i18next.t("Braces in a quoted text are taken as they stand. To insert a value, write:")} <code>{instead}</code>
          </p>
        )}
      </div>
    </>
  );
};

MappingText.propTypes = {
  text: PropTypes.string.isRequired,
  errors: PropTypes.array.isRequired,
  onChange: PropTypes.func.isRequired,
  describedBy: PropTypes.string.isRequired,
};

/** The mapping of the draft: text with highlighting, mistakes as one types, preview, full count, saving. */
export const MappingEditor = ({ api, typed, onType, onSaved }) => {
  const [saved, setSaved] = useState(null);
  const [said, setSaid] = useState({ text: "", bad: false });
  const [busy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState(null);
  const load = useCallback(async () => {
    const found = await api.mapping();
    setSaved(found);
    return found;
  }, [api]);
  useEffect(() => {
    load().catch((error) => setSaid({ text: error.message, bad: true }));
  }, [load]);

  const text = typed.text ?? saved?.mapping;
  const changed = saved !== null && text !== saved.mapping;
  const preview = usePreview(api, changed ? text : undefined);
  const { tally, begin, clear } = useCount(api);
  const type = (value) => {
    clear();
    setSaid({ text: "", bad: false });
    onType(value === saved?.mapping ? {} : { text: value });
  };
  const during = async (action) => {
    setBusy(true);
    setSaid({ text: "", bad: false });
    try {
      await action();
    } catch (error) {
      setSaid({ text: error.message, bad: true });
    }
    setBusy(false);
  };
  const store = async (revision) => {
    const done = await api.saveMapping(revision, text);
    setSaved({ mapping: text, revision: done.revision });
    setTheirs(null);
    onType({});
    setSaid({ text: i18next.t("The mapping is saved; the rows are made again."), bad: false });
    onSaved();
  };
  const save = () =>
    during(async () => {
      try {
        await store(saved.revision);
      } catch (error) {
        if (error.kind !== CONFLICT) throw error;
        const before = saved.mapping;
        const now = await load();
        // Only corrections were changed: nothing of the mapping's is lost.
        if (now.mapping === before) await store(now.revision);
        else setTheirs(now.mapping);
      }
    });
  if (!saved) return said.text ? <Message negative role="alert" content={said.text} /> : <Loader active inline="centered" />;

  const errors = (changed && preview?.errors) || [];
  return (
    <div className="obscore-mapping">
      <p id="obscore-mapping-help">
        {i18next.t(
          "What all files have in common: one line a column, such as “target_name: OBJECT” or “em_min: 550 nm”. “:” fills empty values, “:=” replaces what was found."
        )}
      </p>
      <Library api={api} onChoose={type} />
      <MappingText text={text} errors={errors} onChange={type} describedBy="obscore-mapping-help" />
      {theirs !== null && (
        <Message warning visible role="alert">
          <p>{i18next.t("Somebody else, or you in another tab, saved another mapping meanwhile:")}</p>
          <pre>{theirs || i18next.t("(empty)")}</pre>
          <Button type="button" size="small" onClick={() => during(() => store(saved.revision))}>
            {i18next.t("Replace it by mine")}
          </Button>
          <Button
            type="button"
            size="small"
            onClick={() => {
              setTheirs(null);
              onType({});
            }}
          >
            {i18next.t("Take theirs")}
          </Button>
        </Message>
      )}
      {changed && preview?.failure && <Message negative size="small" content={preview.failure} />}
      {changed && preview && !preview.failure && !errors.length && (
        <Sample sample={preview.sample} touched={preview.touched} />
      )}
      {changed && tally && <Tally tally={tally} />}
      <div className="row-actions">
        <Button primary type="button" size="small" loading={busy} disabled={busy || !changed} onClick={save}>
          {i18next.t("Save mapping")}
        </Button>
        <Button
          type="button"
          size="small"
          disabled={busy || !changed || errors.length > 0}
          onClick={() => during(() => begin(text))}
        >
          {i18next.t("Count in all products")}
        </Button>
        {changed && (
          <Button type="button" size="small" disabled={busy} onClick={() => type(saved.mapping)}>
            {i18next.t("Discard changes")}
          </Button>
        )}
        <p role="status" aria-live="polite" className={said.bad ? "said bad" : "said"}>
          {said.text}
        </p>
      </div>
    </div>
  );
};

MappingEditor.propTypes = {
  api: PropTypes.object.isRequired,
  typed: PropTypes.object.isRequired,
  onType: PropTypes.func.isRequired,
  onSaved: PropTypes.func.isRequired,
};
