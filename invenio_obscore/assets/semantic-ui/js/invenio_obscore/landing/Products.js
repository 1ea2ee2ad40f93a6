import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useCallback, useEffect, useMemo, useState } from "react";
import { CoverageStrips } from "../components/CoverageStrips";
import { SkyView } from "../components/SkyView";
import { useOutlines } from "../components/useOutlines";
import { send } from "../deposit/api";
import { Actions } from "./Actions";
import { Tools } from "./Tools";
import { ProductWindow } from "./ProductWindow";

const row = (id) => document.querySelector(`[data-obscore-row="${id}"]`);

/** Marks the selected product's row of the table. */
const useMarkedRow = (selected) => {
  useEffect(() => {
    const marked = selected && row(selected);
    if (!marked) return undefined;
    marked.classList.add("selected");
    return () => marked.classList.remove("selected");
  }, [selected]);
};

/** Opens a picture over the page where its link is followed without wishing a tab of its own. */
const usePictureLinks = (products, open) => {
  useEffect(() => {
    const follow = (event) => {
      const link = event.target.closest("[data-obscore-open]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(products.find(({ id }) => id === link.dataset.obscoreOpen));
    };
    const section = document.getElementById("data-products");
    section.addEventListener("click", follow);
    return () => section.removeEventListener("click", follow);
  }, [products, open]);
};

const labelled = ({ place, file, product, target_name: target }) => ({
  id: String(place),
  label: [product.split("#")[0] || file, product.split("#")[1], target].filter(Boolean).join(" · "),
});

/** What is said below the views: how many are drawn where not all are, and where the selected one stands. */
const Below = ({ all, selected, size, argument }) => {
  if (!all) return null;
  const chosen = !row(selected) && all.products.find(({ id }) => id === selected);
  return (
    <div role="status">
      {all.total > all.most && <p>{i18next.t("The first {{most}} of {{total}} data products are drawn.", all)}</p>}
      {chosen && (
        <p>
          <bdi>{chosen.label}</bdi>:{" "}
          <a href={`?${argument}=${Math.floor(chosen.place / size) + 1}#product-${chosen.id}`}>
            {i18next.t("Show it in the table")}
          </a>
        </p>
      )}
    </div>
  );
};

Below.propTypes = {
  all: PropTypes.object,
  selected: PropTypes.string.isRequired,
  size: PropTypes.number.isRequired,
  argument: PropTypes.string.isRequired,
};
Below.defaultProps = { all: null };

/** Views of all products above the table of some, and what can be done with these. */
export const Products = ({ recid, products, total, size, argument, survey, table, queries }) => {
  // The address of a product's line names it.
  const [selected, setSelected] = useState(() => window.location.hash.match(/^#product-(\d+)$/)?.[1] || "");
  const [shown, setShown] = useState(null);
  const openPicture = useMemo(() => (product) => product && setShown({ product, what: "picture" }), []);
  const load = useCallback(() => send({ url: `/api/records/${recid}/obscore/outlines` }), [recid]);
  const all = useOutlines(load, total > products.length ? recid : "", labelled);
  const drawn = all ? all.products : products;
  useMarkedRow(selected);
  usePictureLinks(products, openPicture);

  const choose = (id) => {
    setSelected(id);
    const chosen = row(id);
    if (chosen) chosen.scrollIntoView({ block: "nearest" });
  };
  const places = products.map(({ id }) => document.querySelector(`[data-obscore-actions="${id}"]`));
  return (
    <>
      <SkyView products={drawn} selected={selected} onSelect={choose} survey={survey} />
      <CoverageStrips products={drawn} selected={selected} onSelect={choose} />
      <Below all={all} selected={selected} size={size} argument={argument} />
      <Tools recid={recid} table={table} queries={queries} />
      {products.map(
        (product, number) =>
          places[number] && (
            <Actions
              key={product.id}
              place={places[number]}
              product={product}
              selected={product.id === selected}
              onSelect={setSelected}
              onHeader={(each) => setShown({ product: each, what: "header" })}
            />
          )
      )}
      {shown && <ProductWindow recid={recid} {...shown} onClose={() => setShown(null)} />}
    </>
  );
};

Products.propTypes = {
  recid: PropTypes.string.isRequired,
  products: PropTypes.array.isRequired,
  total: PropTypes.number.isRequired,
  size: PropTypes.number.isRequired,
  argument: PropTypes.string.isRequired,
  survey: PropTypes.string.isRequired,
  table: PropTypes.string.isRequired,
  queries: PropTypes.object.isRequired,
};
