import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import { Message, Progress, Table } from "semantic-ui-react";
import { beside, readable } from "../components/format";

/** A value before or after a change. */
export const Value = ({ column, value }) =>
  value === null ? (
    <span className="empty">{i18next.t("empty")}</span>
  ) : (
    <>
      <bdi className="value">{readable(value)}</bdi> <span className="beside">{beside(column, value)}</span>
    </>
  );

Value.propTypes = { column: PropTypes.string.isRequired, value: PropTypes.any };
Value.defaultProps = { value: null };

const Changes = ({ difference }) =>
  difference.changes.map(({ column, before, after, line }, index) => (
    <Table.Row key={column}>
      {index === 0 && (
        <Table.Cell rowSpan={difference.changes.length} className="value">
          <bdi>{difference.product || difference.file}</bdi>
        </Table.Cell>
      )}
      <Table.Cell>{column}</Table.Cell>
      <Table.Cell>
        <Value column={column} value={before} />
      </Table.Cell>
      <Table.Cell>
        <Value column={column} value={after} />
      </Table.Cell>
      <Table.Cell>{line}</Table.Cell>
    </Table.Row>
  ));

/** What a mapping would change in a sample of the products. */
export const Sample = ({ sample, touched }) => {
  const changed = sample.filter(({ changes }) => changes.length);
  const failed = sample.filter(({ problems }) => problems.length);
  return (
    <>
      <p role="status" aria-live="polite">
        {i18next.t("Of a sample of {{total}} products it changes {{changed}}.", {
          total: sample.length,
          changed: changed.length,
        })}{" "}
        {sample.length > 0 && touched === 0 && i18next.t("No line of it gives any of them a value.")}
      </p>
      {failed.length > 0 && (
        <Message warning visible size="small">
          <Message.List>
            {failed.slice(0, 5).map(({ file, product, problems }) => (
              <Message.Item key={file + product}>
                <bdi>{product || file}</bdi>: <bdi>{problems[0]}</bdi>
              </Message.Item>
            ))}
          </Message.List>
        </Message>
      )}
      {changed.length > 0 && (
        // A scrolling part must be reached by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="scrolling" tabIndex={0} role="region" aria-label={i18next.t("What changes in the sample")}>
          <Table compact="very" size="small" celled unstackable>
            <Table.Header>
              <Table.Row>
                {[i18next.t("Product"), i18next.t("Column"), i18next.t("Now"), i18next.t("Then"), i18next.t("By")].map(
                  (title) => (
                    <Table.HeaderCell key={title}>{title}</Table.HeaderCell>
                  )
                )}
              </Table.Row>
            </Table.Header>
            <Table.Body>
              {changed.map((difference) => (
                <Changes key={difference.file + difference.product} difference={difference} />
              ))}
            </Table.Body>
          </Table>
        </div>
      )}
    </>
  );
};

Sample.propTypes = { sample: PropTypes.array.isRequired, touched: PropTypes.number.isRequired };

const percentOf = ({ described, expected }) => (expected ? Math.min(100, Math.round((100 * described) / expected)) : 0);

/** The full count, as far as it has come. */
export const Tally = ({ tally }) => {
  const columns = Object.entries(tally.columns).map(([column, count]) => `${column} (${count})`);
  return (
    <div className="tally">
      {tally.state === "running" && (
        <Progress
          size="tiny"
          percent={percentOf(tally)}
          role="progressbar"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percentOf(tally)}
          aria-label={i18next.t("Counting")}
        />
      )}
      <p role="status" aria-live="polite">
        {i18next.t("{{done}} of {{files}} files counted: {{changed}} of {{products}} products change.", {
          done: tally.files_done,
          files: tally.files,
          changed: tally.changed,
          products: tally.products,
        })}{" "}
        {columns.join(", ")}{" "}
        {tally.failed > 0 && i18next.t("A line fails for {{count}} of them.", { count: tally.failed })}{" "}
        {tally.state === "done" && tally.products > 0 && tally.touched === 0 && (
          <strong>{i18next.t("The mapping matches nothing: no line gives any product a value.")}</strong>
        )}
        {tally.state === "failed" && i18next.t("The count failed; begin it again.")}
      </p>
    </div>
  );
};

Tally.propTypes = { tally: PropTypes.object.isRequired };
