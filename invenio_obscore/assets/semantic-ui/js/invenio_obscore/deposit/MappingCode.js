// The text field of a mapping: CodeMirror with a small highlighting mode and marks at mistakes. A chunk of its own.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useRef } from "react";

// What stands where, tried in this order after the left side of a line.
const TOKENS = [
  [/^#.*/, "comment"],
  [/^'(?:[^']|'')*'?/, "string"],
  [/^"(?:[^"]|"")*"?/, "string"],
  [/^`[^`]*`?/, "atom"],
  [/^\$[A-Za-z_]\w*/, "variableName.special"],
  [/^\d+\.?\d*(?:[eEdD][+-]?\d+)?/, "number"],
  [/^(?:true|false|null|and|or|not)\b/, "keyword"],
  [/^[A-Za-z_]\w*(?=\s*\()/, "function"],
  [/^[A-Z][A-Z0-9_-]*(?![a-z])/, "atom"],
  [/^[A-Za-z_]\w*/, "variableName"],
  [/^(?::=|\*\*|[=!<>]=|[-+*/%<>=:])/, "operator"],
];
const SECTION = /^\[[^\]]*\]?/;
const TARGET = /^(?:[\w-]+\.)?(?:`[^`]*`|[A-Za-z_][\w-]*(?:\s+[\w-]+)*)(?=\s*:)/;

const language = StreamLanguage.define({
  name: "obscore-mapping",
  token: (stream) => {
    if (stream.sol() && stream.match(SECTION)) return "heading";
    if (stream.sol() && stream.match(TARGET)) return "propertyName";
    const found = TOKENS.find(([pattern]) => stream.match(pattern));
    if (found) return found[1];
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
  tokenTable: { function: tags.function(tags.variableName) },
});

// Contrasts of at least 4.5 on white.
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "#5c6370" },
  { tag: tags.string, color: "#1b6e2f" },
  { tag: tags.number, color: "#8a4500" },
  { tag: tags.keyword, color: "#7a1fa2" },
  { tag: tags.atom, color: "#0b5394" },
  { tag: tags.heading, color: "#a31515", fontWeight: "bold" },
  { tag: tags.propertyName, color: "#0f4c81", fontWeight: "bold" },
  { tag: tags.function(tags.variableName), color: "#6a3e00" },
]);

const diagnosticsOf = (state, errors) =>
  errors.map(({ line, column, message, remedy }) => {
    const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
    const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
    return { from, to: at.to, severity: "error", message: remedy ? `${message} (${remedy})` : message };
  });

const MappingCode = ({ text, errors, onChange, describedBy }) => {
  const holder = useRef(null);
  const view = useRef(null);
  const change = useRef(onChange);
  change.current = onChange;

  useEffect(() => {
    view.current = new EditorView({
      parent: holder.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          language,
          syntaxHighlighting(colours),
          lintGutter(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          placeholder(i18next.t("target_name: OBJECT")),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            "aria-label": i18next.t("Mapping"),
            "aria-describedby": describedBy,
            "spellcheck": "false",
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    return () => view.current.destroy();
    // The editor keeps its own text; what comes from outside is put in below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    const { state } = view.current;
    if (state.doc.toString() === text) return;
    view.current.dispatch({ changes: { from: 0, to: state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    view.current.dispatch(setDiagnostics(view.current.state, diagnosticsOf(view.current.state, errors)));
  }, [errors]);

  return <div ref={holder} className="mapping-code" />;
};

MappingCode.propTypes = {
  text: PropTypes.string.isRequired,
  errors: PropTypes.array.isRequired,
  onChange: PropTypes.func.isRequired,
  describedBy: PropTypes.string.isRequired,
};

export default MappingCode;
