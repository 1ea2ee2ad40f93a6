import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { Button, Icon, Label, Table } from "semantic-ui-react";
import { position, spectralCoverage, timeCoverage } from "../components/format";
import { PagedTable } from "../components/PagedTable";
import { Thumbnail } from "./Thumbnail";

const ATTENTION = "attention";
const MOST_PROBLEMS = 2;

export const idOf = ({ file, product }) => `${file}\n${product}`;
export const nameOf = ({ file, member, product, key }) => {
  const inside = member || (product || "").split("#")[0];
  const part = key || (product || "").split("#")[1];
  return [inside ? `${file} / ${inside}` : file, part].filter(Boolean).join(" · ");
};

const worst = (problems) => [
  ...problems.filter(({ severity }) => severity !== "advice"),
  ...problems.filter(({ severity }) => severity === "advice"),
];

const Problems = ({ product }) => {
  const problems = worst(product.problems);
  if (!problems.length) {
    return (
      <span className="fine">
        <Icon name="check" /> {i18next.t("complete")}
      </span>
    );
  }
  const grave = problems.filter(({ severity }) => severity !== "advice").length;
  return (
    <>
      {grave > 0 && (
        <Label size="tiny" color="red" basic>
          {i18next.t("needs attention")}
        </Label>
      )}
      <ul className="problems">
        {problems.slice(0, MOST_PROBLEMS).map(({ code, message, severity, column }) => (
          <li key={code + column + message} className={severity}>
            <bdi>{message}</bdi>
          </li>
        ))}
        {problems.length > MOST_PROBLEMS && (
          <li>{i18next.t("and {{count}} more", { count: problems.length - MOST_PROBLEMS })}</li>
        )}
      </ul>
    </>
  );
};

Problems.propTypes = { product: PropTypes.object.isRequired };

const Cell = ({ title, children, ...props }) => (
  <Table.Cell {...props} data-title={title}>
    {children}
  </Table.Cell>
);

Cell.propTypes = { title: PropTypes.string.isRequired, children: PropTypes.node };
Cell.defaultProps = { children: null };

/** A file or member that could not be read: why, and a way to have its file read again. */
const Failed = ({ product, onRetry }) => {
  const [said, setSaid] = useState("");
  const retry = () =>
    onRetry(product.file).then(
      () => setSaid(i18next.t("It is read again.")),
      (error) => setSaid(error.message)
    );
  return (
    <Table.Row className={ATTENTION}>
      <Cell title={i18next.t("Product")} className="product-name">
        <bdi className="value">{nameOf(product)}</bdi>
      </Cell>
      <Table.Cell colSpan={TITLES.length - 1}>
        <Label size="tiny" color="red" basic>
          {i18next.t("could not be read")}
        </Label>{" "}
        {product.problems.map(({ message }) => (
          <bdi key={message}>{message} </bdi>
        ))}
        <Button
          type="button"
          basic
          compact
          size="mini"
          aria-label={i18next.t("Read {{file}} again", { file: product.file })}
          onClick={retry}
        >
          {i18next.t("Read again")}
        </Button>
        <span role="status">{said}</span>
      </Table.Cell>
    </Table.Row>
  );
};

Failed.propTypes = { product: PropTypes.object.isRequired, onRetry: PropTypes.func.isRequired };

/** Anywhere on the line; not where somebody marks text, or means something else on it. */
const openByMouse = (onOpen) => (event) => {
  if (!event.target.closest("button, a, input") && !window.getSelection().toString()) onOpen();
};

const Line = ({ product, picture, open, unsaved, controls, onOpen }) => {
  const { row } = product;
  const name = nameOf(product);
  return (
    <Table.Row className={`line ${product.attention ? ATTENTION : ""}`} active={open} onClick={openByMouse(onOpen)}>
      <Cell title={i18next.t("Product")} className="product-name">
        <button
          type="button"
          className="opener"
          aria-expanded={open}
          aria-controls={controls}
          aria-label={open ? i18next.t("Close {{name}}", { name }) : i18next.t("Open {{name}}", { name })}
          onClick={onOpen}
        >
          <Icon name={open ? "chevron down" : "chevron right"} />
          <bdi className="value">{name}</bdi>
        </button>
        {unsaved && <Label size="tiny">{i18next.t("not saved")}</Label>}
        <div className="fine">{row.dataproduct_subtype || row.dataproduct_type}</div>
      </Cell>
      <Cell title={i18next.t("Picture")}>{picture}</Cell>
      <Cell title={i18next.t("Target and position (ICRS)")}>
        {row.target_name && <bdi className="value">{row.target_name}</bdi>}
        {position(row) && <div>{position(row)}</div>}
      </Cell>
      <Cell title={i18next.t("Wavelengths and time")}>
        {spectralCoverage(row) || null}
        {timeCoverage(row) && <div>{timeCoverage(row)}</div>}
      </Cell>
      <Cell title={i18next.t("Telescope, instrument")}>
        {(row.facility_name || row.instrument_name) && (
          <bdi className="value">{[row.facility_name, row.instrument_name].filter(Boolean).join(", ")}</bdi>
        )}
      </Cell>
      <Cell title={i18next.t("What is missing")} className="missing">
        <Problems product={product} />
      </Cell>
    </Table.Row>
  );
};

Line.propTypes = {
  product: PropTypes.object.isRequired,
  picture: PropTypes.node.isRequired,
  open: PropTypes.bool.isRequired,
  unsaved: PropTypes.bool.isRequired,
  controls: PropTypes.string.isRequired,
  onOpen: PropTypes.func.isRequired,
};

const TITLES = [
  i18next.t("Product"),
  i18next.t("Picture"),
  i18next.t("Target and position (ICRS)"),
  i18next.t("Wavelengths and time"),
  i18next.t("Telescope, instrument"),
  i18next.t("What is missing"),
];

/** The rows that were found, one line each, the open one with `detail(product, id)` below it. */
export const ProductList = ({ products, opened, typed, onOpen, onRetry, pictureUrl, busy, detail }) => (
  <PagedTable label={i18next.t("Data products")} titles={TITLES} compact="very" className="products">
    {products.map((product, index) => {
      const id = idOf(product);
      const open = id === opened;
      const controls = `obscore-product-${index}`;
      if (product.failed) return <Failed key={`${id}-failed`} product={product} onRetry={onRetry} />;
      return (
        <React.Fragment key={id}>
          <Line
            product={product}
            picture={<Thumbnail url={pictureUrl(product)} waiting={busy} />}
            open={open}
            unsaved={Boolean(typed[id])}
            controls={controls}
            onOpen={() => onOpen(open ? "" : id)}
          />
          {open && (
            <Table.Row className="opened">
              <Table.Cell colSpan={TITLES.length} id={controls}>
                {detail(product, controls)}
              </Table.Cell>
            </Table.Row>
          )}
        </React.Fragment>
      );
    })}
  </PagedTable>
);

ProductList.propTypes = {
  products: PropTypes.array.isRequired,
  opened: PropTypes.string.isRequired,
  typed: PropTypes.object.isRequired,
  onOpen: PropTypes.func.isRequired,
  onRetry: PropTypes.func.isRequired,
  pictureUrl: PropTypes.func.isRequired,
  busy: PropTypes.bool.isRequired,
  detail: PropTypes.func.isRequired,
};
