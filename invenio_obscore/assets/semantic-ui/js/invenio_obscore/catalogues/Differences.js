import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import { Table } from "semantic-ui-react";
import { Pages } from "../deposit/Filters";
import { Value } from "../deposit/MappingPreview";
import { nameOf } from "../deposit/ProductList";

const KINDS = { added: i18next.t("new"), gone: i18next.t("gone"), changed: "" };
const TITLES = [i18next.t("Data product"), i18next.t("Column"), i18next.t("Was"), i18next.t("Is")];

const Summary = ({ counts }) => {
  const columns = Object.entries(counts.columns).map(([name, count]) => `${name} (${count})`);
  return (
    <p role="status" className="summary">
      {i18next.t("{{changed}} rows changed ({{cells}} cells), {{added}} new, {{gone}} gone.", counts)}{" "}
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
    {found.products.length > 0 && (
      // A scrolling part must be reached by keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      <div className="scrolling" tabIndex={0} role="region" aria-label={label}>
        <Table compact="very" size="small" celled unstackable className="differences">
          <Table.Header>
            <Table.Row>
              {TITLES.map((title) => (
                <Table.HeaderCell key={title}>{title}</Table.HeaderCell>
              ))}
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {found.products.map((product) => (
              <Changes key={`${product.file}\n${product.product}`} product={product} />
            ))}
          </Table.Body>
        </Table>
      </div>
    )}
    <Pages page={found.page} size={found.size} total={found.total} onPage={onPage} />
  </>
);

Differences.propTypes = {
  found: PropTypes.object.isRequired,
  label: PropTypes.string.isRequired,
  onPage: PropTypes.func.isRequired,
};
