import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import { Button, Input } from "semantic-ui-react";

const PAUSE = 400;

const SHOW = { all: i18next.t("all"), attention: i18next.t("those that need attention"), failed: i18next.t("what could not be read") };
const SORT = {
  attention: i18next.t("worst first"),
  file: i18next.t("file"),
  target_name: i18next.t("target"),
  s_ra: i18next.t("right ascension"),
  t_min: i18next.t("time"),
  em_min: i18next.t("wavelength"),
};

/** A selection with its label. */
export const Choice = ({ id, label, value, options, onChange }) => (
  <span className="choice">
    <label htmlFor={id}>{label}</label>
    <select id={id} className="ui compact dropdown" value={value} onChange={({ target }) => onChange(target.value)}>
      {Object.entries(options).map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  </span>
);

Choice.propTypes = {
  id: PropTypes.string.isRequired,
  label: PropTypes.string.isRequired,
  value: PropTypes.string.isRequired,
  options: PropTypes.object.isRequired,
  onChange: PropTypes.func.isRequired,
};

/** Search, filter and order of the listing; the server does them. */
export const Filters = ({ query, onChange, sorts }) => {
  const [words, setWords] = useState(query.q);
  useEffect(() => {
    if (words === query.q) return undefined;
    const timer = window.setTimeout(() => onChange({ q: words, page: 1 }), PAUSE);
    return () => window.clearTimeout(timer);
  }, [words, query.q, onChange]);
  return (
    <div className="filters" role="search" aria-label={i18next.t("Data products")}>
      <Input
        size="small"
        icon="search"
        value={words}
        onChange={(_, { value }) => setWords(value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        input={{ "aria-label": i18next.t("Search the data products") }}
        placeholder={i18next.t("Search file, target, instrument")}
      />
      <Choice
        id="obscore-show"
        label={i18next.t("Show")}
        value={query.show}
        options={SHOW}
        onChange={(show) => onChange({ show, page: 1 })}
      />
      <Choice
        id="obscore-sort"
        label={i18next.t("Order")}
        value={query.sort}
        options={sorts}
        onChange={(sort) => onChange({ sort, page: 1 })}
      />
    </div>
  );
};

Filters.propTypes = {
  query: PropTypes.object.isRequired,
  onChange: PropTypes.func.isRequired,
  sorts: PropTypes.object,
};
Filters.defaultProps = { sorts: SORT };

/** Steps from page to page. */
export const Pages = ({ page, size, total, onPage }) => {
  const pages = Math.max(1, Math.ceil(total / size));
  if (pages === 1) return null;
  return (
    <nav className="pages" aria-label={i18next.t("Pages of data products")}>
      <Button type="button" size="mini" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        {i18next.t("Previous")}
      </Button>
      <span>
        {i18next.t("{{first}} to {{last}} of {{total}}", {
          first: (page - 1) * size + 1,
          last: Math.min(page * size, total),
          total,
        })}
      </span>
      <Button type="button" size="mini" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        {i18next.t("Next")}
      </Button>
    </nav>
  );
};

Pages.propTypes = {
  page: PropTypes.number.isRequired,
  size: PropTypes.number.isRequired,
  total: PropTypes.number.isRequired,
  onPage: PropTypes.func.isRequired,
};
