import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { AccordionField } from "react-invenio-forms";
import { useSelector } from "react-redux";
import { Message } from "semantic-ui-react";
import { useOutlines } from "../components/useOutlines";
import { draftApi } from "./api";
import { CHECKED, Checks, SEVERITIES } from "./Checks";
import { Filters, Pages } from "./Filters";
import { MappingEditor } from "./MappingEditor";
import { ProductDetail } from "./ProductDetail";
import { idOf, nameOf, ProductList } from "./ProductList";
import { AtAGlance, Status } from "./Status";
import { isBusy, useListing } from "./useListing";
import { useTyped } from "./useTyped";

const SkyView = lazy(() => import("../components/SkyView"));
const CoverageStrips = lazy(() => import("../components/CoverageStrips"));

const SIZE = 25;
const MAPPING = "mapping";
const QUERY = { page: 1, size: SIZE, q: "", show: "all", sort: "attention", problem: "" };

const labelled = (product) => ({ id: idOf(product), label: product.target_name || nameOf(product) });

const drawn = (products) =>
  products
    .filter(({ failed }) => !failed)
    .map((product) => ({ ...product.row, id: idOf(product), label: product.row.target_name || nameOf(product) }));

/** Outlines of everything that the list has on all its pages; null where this page has it all. */
const useAll = (api, query, listing) => {
  const { q, show, sort, problem } = query;
  const load = useCallback(() => api.outlines({ q, show, sort, problem }), [api, q, show, sort, problem]);
  const paged = listing && listing.total > listing.products.length;
  const { revision, total, counts, complete } = listing || {};
  return useOutlines(load, paged ? JSON.stringify([revision, total, counts, complete]) : "", labelled);
};

const extent = (listing, all) => {
  if (!all && listing.total > listing.products.length)
    return i18next.t("Sky, wavelengths and times of the products on this page of the list.");
  if (all && all.total > all.most)
    return i18next.t("Sky, wavelengths and times of the first {{most}} of {{total}} products; a search of the list shows others.", all);
  return "";
};

/** Sky and strips of all products of the list. */
const Sky = ({ listing, all, selected, onSelect }) => {
  const shown = useMemo(() => (all ? all.products : drawn(listing.products)), [listing, all]);
  const words = extent(listing, all);
  return (
    <Suspense fallback={null}>
      <SkyView products={shown} selected={selected} onSelect={onSelect} />
      <CoverageStrips products={shown} selected={selected} onSelect={onSelect} />
      {words && <p className="fine">{words}</p>}
    </Suspense>
  );
};

Sky.propTypes = {
  listing: PropTypes.object.isRequired,
  all: PropTypes.object,
  selected: PropTypes.string.isRequired,
  onSelect: PropTypes.func.isRequired,
};
Sky.defaultProps = { all: null };

/** Brings the open row into sight once it is there: it may be on a page that is still to come. */
const useSight = (opened, listing) => {
  const wished = useRef("");
  useEffect(() => {
    const line = wished.current === opened && document.querySelector("#obscore-panel tr.active");
    if (!line) return;
    wished.current = "";
    line.scrollIntoView({ block: "nearest" });
  }, [opened, listing]);
  return wished;
};

/** What was found in the files of one draft. */
const Found = ({ base, recid, stored, uploads }) => {
  const api = useMemo(() => draftApi(base), [base]);
  const [query, setQuery] = useState(QUERY);
  const [opened, setOpened] = useState("");
  const [editsMapping, setEditsMapping] = useState(false);
  const [finding, setFinding] = useState({ words: "", at: 0 });
  const { listing, failure, refresh, isHeld, hold, release } = useListing(api, query, stored);
  const { typed, change } = useTyped(base);
  const ask = useCallback((changes) => setQuery((former) => ({ ...former, ...changes })), []);
  const products = useMemo(() => (listing ? listing.products : []), [listing]);
  const all = useAll(api, query, listing);
  const wished = useSight(opened, listing);
  const list = useRef(null);
  const select = (id) => {
    wished.current = id;
    setOpened(id);
    const chosen = !products.some((product) => idOf(product) === id) && all?.products.find((product) => product.id === id);
    if (chosen) ask({ page: Math.floor(chosen.place / SIZE) + 1 });
  };

  const saved = () => {
    hold();
    refresh();
  };
  const showFinding = (changes, words) => {
    setFinding({ words, at: Date.now() });
    setQuery({ ...QUERY, ...changes });
    list.current.scrollIntoView({ block: "start" });
  };

  const detail = (product, controls) => (
    <Detail
      api={api}
      file={product.file}
      product={product.product}
      id={controls}
      revision={listing.revision}
      typed={typed[idOf(product)]}
      change={(id, values) => {
        hold(); // the open row stays in sight, wherever it belongs afterwards
        change(id, values);
      }}
      onSaved={saved}
    />
  );
  return (
    <>
      {failure && <Message warning visible size="small" role="alert" content={failure.message} />}
      <Status listing={listing} uploads={uploads} />
      {listing && <AtAGlance listing={listing} uploads={uploads} />}
      {listing && listing.counts.products + listing.counts.failed > 0 && (
        <>
          <Checks api={api} listing={listing} onShow={showFinding} />
          <Sky listing={listing} all={all} selected={opened} onSelect={select} />
          <div ref={list}>
            <Filters key={finding.at} query={query} onChange={ask} />
          </div>
          {query.problem && (
            <Notice words={finding.words} action={i18next.t("Show all")} onAct={() => ask({ problem: "", page: 1 })} />
          )}
          {isHeld && (
            <Notice
              words={i18next.t("While you correct, every row stays where it is.")}
              action={i18next.t("Order and filter again")}
              onAct={release}
            />
          )}
          <a href={`/catalogues/${encodeURIComponent(recid)}`} target="_blank" rel="noopener noreferrer">
            {i18next.t("Open as a spreadsheet")}
          </a>
          {products.length > 0 ? (
            <ProductList
              products={products}
              opened={opened}
              typed={typed}
              onOpen={setOpened}
              onRetry={(file) => api.retry(file).then(refresh)}
              pictureUrl={api.pictureUrl}
              busy={isBusy(listing)}
              detail={detail}
            />
          ) : (
            <p>{i18next.t("No data product matches.")}</p>
          )}
          <Pages page={query.page} size={SIZE} total={listing.total} onPage={(page) => ask({ page })} />
        </>
      )}
      {listing && (
        <details
          className="mapping-part"
          open={editsMapping || Boolean(typed[MAPPING])}
          onToggle={({ target }) => setEditsMapping(target.open)}
        >
          <summary>{i18next.t("Mapping: what all files have in common")}</summary>
          {(editsMapping || typed[MAPPING]) && (
            <MappingEditor
              api={api}
              typed={typed[MAPPING] || {}}
              onType={(values) => change(MAPPING, values)}
              onSaved={refresh}
            />
          )}
        </details>
      )}
    </>
  );
};

Found.propTypes = {
  base: PropTypes.string.isRequired,
  recid: PropTypes.string.isRequired,
  stored: PropTypes.string.isRequired,
  uploads: PropTypes.object.isRequired,
};

/** What the list leaves out or holds, and the way back. */
const Notice = ({ words, action, onAct }) => (
  <p className="notice" role="status">
    <bdi>{words}</bdi>{" "}
    <button type="button" className="link" onClick={onAct}>
      {action}
    </button>
  </p>
);

Notice.propTypes = {
  words: PropTypes.string.isRequired,
  action: PropTypes.string.isRequired,
  onAct: PropTypes.func.isRequired,
};

const NOTHING = {};

const Detail = ({ api, file, product, typed, change, ...props }) => {
  const address = useMemo(() => ({ file, product }), [file, product]);
  return (
    <ProductDetail
      api={api}
      address={address}
      typed={typed || NOTHING}
      onType={(values) => change(idOf(address), values)}
      {...props}
    />
  );
};

Detail.propTypes = {
  api: PropTypes.object.isRequired,
  file: PropTypes.string.isRequired,
  product: PropTypes.string.isRequired,
  typed: PropTypes.object,
  change: PropTypes.func.isRequired,
};
Detail.defaultProps = { typed: undefined };

/** The panel "Observation metadata (ObsCore)" below the files of the deposit form. */
export const ObsCorePanel = () => {
  const base = useSelector(({ deposit }) => deposit.record?.links?.self);
  const recid = useSelector(({ deposit }) => deposit.record?.id);
  const entries = useSelector(({ files }) => files.entries) || {};
  const files = Object.values(entries);
  const count = (state) => files.filter(({ status }) => status === state).length;
  const uploads = { pending: count("pending"), uploading: count("uploading"), lost: count("error") };
  const stored = files
    .filter(({ status }) => status === "finished")
    .map(({ name, checksum }) => `${name} ${checksum}`)
    .join("\n");
  return (
    <AccordionField
      includesPaths={[CHECKED]}
      severityChecks={SEVERITIES}
      active
      label={i18next.t("Observation metadata (ObsCore)")}
      id="obscore-section"
    >
      <div className="obscore-panel" id="obscore-panel">
        {base ? (
          <Found key={base} base={base} recid={recid} stored={stored} uploads={uploads} />
        ) : (
          <p>
            {i18next.t(
              "Upload FITS files, or archives of them: what is found in their headers is shown here, so that you can verify and correct it before the Virtual Observatory sees it."
            )}
          </p>
        )}
      </div>
    </AccordionField>
  );
};
