// The search for data products: sky, coverage and counts beside the table that the server made.
import "@less/invenio_obscore/theme.less";
import "@less/invenio_obscore/observations.less";
import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import ReactDOM from "react-dom";
import { copy } from "../components/copy";
import { CoverageStrips } from "../components/CoverageStrips";
import { SkyView } from "../components/SkyView";
import { settled } from "../landing/pictures";
import { ProductWindow } from "../landing/ProductWindow";

const SELECTED = "obscore-selected";

const rowsByProduct = () =>
  new Map([...document.querySelectorAll("tr[data-product]")].map((row) => [row.dataset.product, row]));

/** Sky and coverage; choosing a product marks its row, choosing a row marks the product. */
const Overview = ({ products }) => {
  const [selected, setSelected] = useState(null);
  useEffect(() => {
    const rows = rowsByProduct();
    const listeners = [...rows].map(([id, row]) => {
      const choose = () => setSelected(id);
      row.addEventListener("click", choose);
      row.addEventListener("focusin", choose);
      return () => {
        row.removeEventListener("click", choose);
        row.removeEventListener("focusin", choose);
      };
    });
    return () => listeners.forEach((remove) => remove());
  }, []);
  useEffect(() => {
    rowsByProduct().forEach((row, id) => row.classList.toggle(SELECTED, id === selected));
  }, [selected]);
  const choose = (id) => {
    setSelected(id);
    const row = rowsByProduct().get(id);
    if (row) row.scrollIntoView({ block: "nearest" });
  };
  return (
    <>
      <SkyView products={products} selected={selected} onSelect={choose} />
      <CoverageStrips products={products} selected={selected} onSelect={choose} />
    </>
  );
};
Overview.propTypes = { products: PropTypes.array.isRequired };

const LABELS = {
  type: i18next.t("Product type"),
  facility: i18next.t("Facility"),
  instrument: i18next.t("Instrument"),
};

/** Counts by type, facility and instrument; they come after the page. */
const Counts = ({ address }) => {
  const [counts, setCounts] = useState(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let alive = true;
    fetch(address, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.statusText))))
      .then((found) => alive && setCounts(found))
      .catch(() => alive && setFailed(true));
    return () => {
      alive = false;
    };
  }, [address]);
  if (failed) return <p>{i18next.t("The counts are not available now.")}</p>;
  if (!counts) return <p role="status">{i18next.t("Counting…")}</p>;
  return Object.keys(LABELS)
    .filter((name) => counts[name] && counts[name].length)
    .map((name) => (
      <section key={name} aria-label={LABELS[name]}>
        <h3 className="ui small header">{LABELS[name]}</h3>
        <ul className="obscore-counted">
          {counts[name].map(({ value, count, href }) => (
            <li key={value}>
              <a href={href}>{value}</a> <span className="ui mini label">{count.toLocaleString()}</span>
            </li>
          ))}
        </ul>
      </section>
    ));
};
Counts.propTypes = { address: PropTypes.string.isRequired };

/** A button that copies a text, for the code that the page shows. */
const CopyButton = ({ text }) => {
  const [done, setDone] = useState(false);
  const toClipboard = () => copy(text).then(() => setDone(true));
  return (
    <button type="button" className="ui mini button" onClick={toClipboard}>
      <span role="status">{done ? i18next.t("Copied") : i18next.t("Copy")}</span>
    </button>
  );
};
CopyButton.propTypes = { text: PropTypes.string.isRequired };

/** A picture that is not there is waited for; a product without one has none here: its name says what it is. */
const awaitPictures = () =>
  document.querySelectorAll("img.obscore-thumbnail").forEach((picture) => {
    const whenBroken = async () => {
      const { src } = picture;
      const known = await settled(src.replace("&size=thumbnail", "")).catch(() => ({ state: "failed" }));
      if (known.state !== "done") picture.remove();
      else picture.src = src;
    };
    if (picture.complete && !picture.naturalWidth) whenBroken();
    else picture.addEventListener("error", whenBroken, { once: true });
  });

/** Headers open over the page, unless their link is to open elsewhere. */
const Headers = () => {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    const follow = (event) => {
      const link = event.target.closest("a.obscore-header");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      const { recid, did, label } = link.dataset;
      setShown({ recid, product: { did, label } });
    };
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  return shown && <ProductWindow {...shown} what="header" onClose={() => setShown(null)} />;
};

/** The address has what was filled in, and nothing that is so anyhow. */
const shortenAddress = (form) =>
  form.addEventListener("formdata", ({ formData }) => {
    [...new Set(formData.keys())].forEach((name) => {
      const values = formData.getAll(name).filter(Boolean);
      formData.delete(name);
      values.forEach((value) => formData.append(name, value));
    });
    const standard = [...form.querySelectorAll("[data-default]")].map(({ value }) => value);
    const isSo = {
      column: (values) => values.length === standard.length && values.every((value) => standard.includes(value)),
      size: ([value]) => value === form.querySelector("#size").options[0].value,
    };
    Object.entries(isSo).forEach(([name, check]) => check(formData.getAll(name)) && formData.delete(name));
  });

const begin = () => {
  document.querySelectorAll(".obscore-observations form").forEach(shortenAddress);
  awaitPictures();
  const sky = document.getElementById("obscore-observations-sky");
  const data = document.getElementById("obscore-observations-products");
  const products = data ? JSON.parse(data.textContent) : [];
  if (sky && products.length) ReactDOM.render(<Overview products={products} />, sky);
  const table = document.getElementById("obscore-observations-table");
  if (table) ReactDOM.render(<Headers />, table.parentElement.appendChild(document.createElement("div")));
  const counts = document.getElementById("obscore-counts");
  if (counts && !counts.hidden && !counts.querySelector("ul")) {
    ReactDOM.render(<Counts address={counts.dataset.address} />, counts);
  }
  ["obscore-adql", "obscore-python"].forEach((id) => {
    const code = document.getElementById(id);
    if (!code) return;
    const holder = document.createElement("div");
    code.parentElement.appendChild(holder);
    ReactDOM.render(<CopyButton text={code.textContent} />, holder);
  });
};

begin();
