import { i18next } from "@translations/invenio_obscore/i18next";
import axios from "axios";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import { Button, Checkbox, Icon, Input, Label, Message, Table } from "semantic-ui-react";
import { PagedTable } from "../components/PagedTable";
import { Choice } from "../deposit/Filters";
import { useDuring } from "../deposit/useDuring";
import { catalogues, openDraft } from "./api";

const PAUSE = 400;
const SOON = 5000;
const QUERY = { q: "", state: "all", attention: "", sort: "updated", page: 1, size: 25 };
const STATES = {
  all: i18next.t("all"),
  draft: i18next.t("drafts"),
  review: i18next.t("in review"),
  published: i18next.t("published"),
};
const STATE = { draft: i18next.t("draft"), review: i18next.t("in review"), published: i18next.t("published") };
const SORTS = {
  "updated": i18next.t("changed last"),
  "title": i18next.t("title"),
  "-products": i18next.t("most products"),
  "-attention": i18next.t("most problems"),
  "-files": i18next.t("most files"),
};
const TITLES = [
  i18next.t("Catalogue"),
  i18next.t("State"),
  i18next.t("Owner"),
  i18next.t("Data products"),
  i18next.t("Files"),
  i18next.t("Changed"),
];

const useCatalogues = (query) => {
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState("");
  const [asked, setAsked] = useState(0);
  const key = JSON.stringify(query);
  useEffect(() => {
    const cancel = axios.CancelToken.source();
    catalogues(JSON.parse(key), cancel.token)
      .then((answer) => {
        setFound(answer);
        setFailure("");
      })
      .catch((error) => axios.isCancel(error) || setFailure(error.message));
    return () => cancel.cancel();
  }, [key, asked]);
  const waiting = (found?.catalogues || []).some(({ counted, files }) => !counted || files.queued || files.running);
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = window.setTimeout(() => setAsked((count) => count + 1), SOON);
    return () => window.clearTimeout(timer);
  }, [waiting, asked]);
  return { found, failure };
};

const Search = ({ query, onChange }) => {
  const [words, setWords] = useState(query.q);
  useEffect(() => {
    if (words === query.q) return undefined;
    const timer = window.setTimeout(() => onChange({ q: words }), PAUSE);
    return () => window.clearTimeout(timer);
  }, [words, query.q, onChange]);
  return (
    <div className="filters" role="search" aria-label={i18next.t("Catalogues")}>
      <Input size="small" icon="search" value={words} onChange={(_, { value }) => setWords(value)}
        input={{ "aria-label": i18next.t("Search the catalogues") }}
        placeholder={i18next.t("Title, identifier, owner, community")} />
      <Choice id="obscore-catalogues-state" label={i18next.t("Show")} value={query.state} options={STATES}
        onChange={(state) => onChange({ state })} />
      <Choice id="obscore-catalogues-sort" label={i18next.t("Order")} value={query.sort} options={SORTS}
        onChange={(sort) => onChange({ sort })} />
      <Checkbox id="obscore-catalogues-attention" label={i18next.t("only those with problems")}
        checked={query.attention === "1"}
        onChange={(_, { checked }) => onChange({ attention: checked ? "1" : "" })} />
    </div>
  );
};

Search.propTypes = { query: PropTypes.object.isRequired, onChange: PropTypes.func.isRequired };

const FILES = [
  ["queued", (count) => i18next.t("{{count}} waiting", { count })],
  ["running", (count) => i18next.t("{{count}} being read", { count })],
  ["failed", (count) => i18next.t("{{count}} not readable", { count })],
];

const Files = ({ files }) => (
  <>
    {i18next.t("{{count}} read", { count: files.done })}
    {FILES.filter(([state]) => files[state]).map(([state, words]) => (
      <div key={state} className={state}>
        {words(files[state])}
      </div>
    ))}
  </>
);

Files.propTypes = { files: PropTypes.object.isRequired };

const sheetOf = (base, id) => `${base}/${encodeURIComponent(id)}`;

/** The title leads to the spreadsheet; of what is only published a draft is made first. */
const Title = ({ catalogue, sheets, onError }) => {
  const { busy, error, during } = useDuring();
  const { id, title, links } = catalogue;
  const name = <bdi>{title || i18next.t("(without a title)")}</bdi>;
  useEffect(() => onError(error), [error, onError]);
  if (!links.edit) {
    return (
      <a href={sheetOf(sheets, id)} className="value">
        {name}
      </a>
    );
  }
  const open = () =>
    during(async () => {
      await openDraft(links.edit);
      window.location.assign(sheetOf(sheets, id));
    });
  return (
    <>
      <span className="value">{name}</span>{" "}
      <Button basic compact type="button" size="mini" loading={busy} disabled={busy} onClick={open}
        aria-label={i18next.t("Open a draft of {{title}} as a spreadsheet", { title })}
        content={i18next.t("Open a draft")} />
    </>
  );
};

Title.propTypes = {
  catalogue: PropTypes.object.isRequired,
  sheets: PropTypes.string.isRequired,
  onError: PropTypes.func.isRequired,
};

const Line = ({ catalogue, sheets, onError }) => {
  const { id, state, owner, community, products, attention, files, counted, extractor, updated, links } = catalogue;
  return (
    <Table.Row data-catalogue={id}>
      <Table.Cell>
        <Title catalogue={catalogue} sheets={sheets} onError={onError} />
        <div className="beside">
          {id} {links.form && <a href={links.form}>{i18next.t("Form")}</a>}{" "}
          {links.record && <a href={links.record}>{i18next.t("Record")}</a>}
        </div>
      </Table.Cell>
      <Table.Cell>
        {STATE[state] || state}
        {state !== "published" && links.record && <div className="beside">{i18next.t("(a version is published)")}</div>}
        {community && (
          <div className="beside">
            <bdi>{community.title}</bdi>
          </div>
        )}
      </Table.Cell>
      <Table.Cell>
        <bdi>{owner?.name}</bdi>
      </Table.Cell>
      <Table.Cell>
        {counted ? products : <Icon name="sync" loading title={i18next.t("being counted")} />}{" "}
        {attention > 0 && (
          <Label size="tiny" color="red" basic>
            {i18next.t("{{count}} need attention", { count: attention })}
          </Label>
        )}
        {extractor?.outdated && <div className="beside">{i18next.t("by an earlier extractor")}</div>}
      </Table.Cell>
      <Table.Cell>
        <Files files={files} />
      </Table.Cell>
      <Table.Cell>
        <time dateTime={updated}>{updated.slice(0, 16).replace("T", " ")}</time>
      </Table.Cell>
    </Table.Row>
  );
};

Line.propTypes = Title.propTypes;

/** All catalogues that the reader may curate; `sheets` is where their spreadsheets are. */
export const CatalogueList = ({ sheets }) => {
  const [query, setQuery] = useState(QUERY);
  const { found, failure } = useCatalogues(query);
  const [wrong, setWrong] = useState("");
  const ask = (changes) => setQuery((former) => ({ ...former, page: 1, ...changes }));
  return (
    <div className="obscore-panel obscore-catalogues">
      <Search query={query} onChange={ask} />
      {(failure || wrong) && <Message warning visible role="alert" content={failure || wrong} />}
      {found && (
        <>
          <p role="status" className="count">
            {i18next.t("{{count}} catalogues", { count: found.total })}
          </p>
          {found.total === 0 && (
            <p>{i18next.t("There is none here. Deposits with files that you may change are listed.")}</p>
          )}
          <PagedTable label={i18next.t("Catalogues")} titles={TITLES} compact celled unstackable
            pages={{ page: query.page, size: query.size, total: found.total, onPage: (page) => ask({ page }) }}>
            {found.catalogues.map((catalogue) => (
              <Line key={catalogue.id} catalogue={catalogue} sheets={sheets} onError={setWrong} />
            ))}
          </PagedTable>
        </>
      )}
    </div>
  );
};

CatalogueList.propTypes = { sheets: PropTypes.string.isRequired };
