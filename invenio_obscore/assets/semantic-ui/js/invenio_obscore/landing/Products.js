import PropTypes from "prop-types";
import React, { useEffect, useMemo, useState } from "react";
import { CoverageStrips } from "../components/CoverageStrips";
import { SkyView } from "../components/SkyView";
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

/** Views of the products above their table, and what can be done with them. */
export const Products = ({ recid, products, survey, table, queries }) => {
  const [selected, setSelected] = useState("");
  const [shown, setShown] = useState(null);
  const openPicture = useMemo(() => (product) => product && setShown({ product, what: "picture" }), []);
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
      <SkyView products={products} selected={selected} onSelect={choose} survey={survey} />
      <CoverageStrips products={products} selected={selected} onSelect={choose} />
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
  survey: PropTypes.string.isRequired,
  table: PropTypes.string.isRequired,
  queries: PropTypes.object.isRequired,
};
