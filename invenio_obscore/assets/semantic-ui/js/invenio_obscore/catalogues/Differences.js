import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import { Table } from "semantic-ui-react";
import { PagedTable } from "../components/PagedTable";
import { Value } from "../deposit/MappingPreview";
import { nameOf } from "../deposit/ProductList";

const KINDS = { added: i18next.t("new"), gone: i18next.t("gone"), changed: "" };
const TITLES = [i18next.t("Data product"), i18next.t("Column"), i18next.t("Was"), i18next.t("Is")];

const Summary = ({ counts }) => {
  const columns = Object.entries(counts.columns).map(([name, count]) => `${name} (${count})`);
  return (
    <p role="status" className="summary">
      {i18next.t("Rows changed: {{changed}} (cells: {{cells}}), new: {{added}}, gone: {{gone}}.", counts)}{" "}
      {columns.join(", ")}
    </p>
  );
};

Summary.propTypes = { counts: PropTypes.object.isRequired };

const Changes = ({ product }) => {
  const columns = Object.entries(product.columns);
  const name = (
    <Table.Cell rowSpan={Math.max(columns.length, 1)}>
      <bdi className="value">{nameOf(product)}</bdi> <b>{KINDS[product.kind]}</b>
    </Table.Cell>
  );
  if (!columns.length) {
    return (
      <Table.Row>
        {name}
        <Table.Cell colSpan={3} />
      </Table.Row>
    );
  }
  return columns.map(([column, { was, is }], index) => (
    <Table.Row key={column}>
      {index === 0 && name}
      <Table.Cell>{column}</Table.Cell>
      <Table.Cell>
        <Value column={column} value={was} />
      </Table.Cell>
      <Table.Cell>
        <Value column={column} value={is} />
      </Table.Cell>
    </Table.Row>
  ));
};

/** A page of rows that differ, cell by cell, with the count of all. */
export const Differences = ({ found, label, onPage }) => (
  <>
    <Summary counts={found.counts} />
    <PagedTable label={label} titles={TITLES} compact="very" celled unstackable className="differences"
      pages={{ page: found.page, size: found.size, total: found.total, onPage }}>
      {found.products.map((product) => (
        <Changes key={`${product.file}\n${product.product}`} product={product} />
      ))}
    </PagedTable>
  </>
);

Differences.propTypes = {
  found: PropTypes.object.isRequired,
  label: PropTypes.string.isRequired,
  onPage: PropTypes.func.isRequired,
};
