import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { AccordionField } from "react-invenio-forms";
import { useSelector } from "react-redux";
import { Message } from "semantic-ui-react";
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
const QUERY = { page: 1, size: SIZE, q: "", show: "all", sort: "attention" };

const drawn = (products) =>
  products
    .filter(({ failed }) => !failed)
    .map((product) => ({ ...product.row, id: idOf(product), label: product.row.target_name || nameOf(product) }));

const Sky = ({ products, selected, onSelect }) => {
  const shown = useMemo(() => drawn(products), [products]);
  return (
    <Suspense fallback={null}>
      <SkyView products={shown} selected={selected} onSelect={onSelect} />
      <CoverageStrips products={shown} selected={selected} onSelect={onSelect} />
    </Suspense>
  );
};

Sky.propTypes = {
  products: PropTypes.array.isRequired,
  selected: PropTypes.string.isRequired,
  onSelect: PropTypes.func.isRequired,
};

/** What was found in the files of one draft. */
const Found = ({ base, recid, stored, uploading }) => {
  const api = useMemo(() => draftApi(base), [base]);
  const [query, setQuery] = useState(QUERY);
  const [opened, setOpened] = useState("");
  const [editsMapping, setEditsMapping] = useState(false);
  const { listing, failure, refresh } = useListing(api, query, stored);
  const { typed, change } = useTyped(base);
  const ask = useCallback((changes) => setQuery((former) => ({ ...former, ...changes })), []);
  const products = useMemo(() => (listing ? listing.products : []), [listing]);
  const select = useCallback((id) => {
    setOpened(id);
    window.setTimeout(() => document.querySelector("#obscore-panel tr.active")?.scrollIntoView({ block: "nearest" }), 0);
  }, []);

  const detail = (product, controls) => (
    <Detail
      api={api}
      file={product.file}
      product={product.product}
      id={controls}
      revision={listing.revision}
      typed={typed[idOf(product)]}
      change={change}
      onSaved={refresh}
    />
  );
  return (
    <>
      {failure && <Message warning visible size="small" role="alert" content={failure.message} />}
      <Status listing={listing} uploading={uploading} />
      {listing && <AtAGlance listing={listing} uploading={uploading} />}
      {listing && listing.counts.products + listing.counts.failed > 0 && (
        <>
          <Checks api={api} listing={listing} />
          <Sky products={products} selected={opened} onSelect={select} />
          {listing.total > products.length && (
            <p className="fine">{i18next.t("Sky, wavelengths and times of the products on this page of the list.")}</p>
          )}
          <Filters query={query} onChange={ask} />
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
  uploading: PropTypes.number.isRequired,
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
  const uploading = files.filter(({ status }) => status === "uploading").length;
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
          <Found key={base} base={base} recid={recid} stored={stored} uploading={uploading} />
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
