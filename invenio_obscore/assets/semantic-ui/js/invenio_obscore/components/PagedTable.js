import PropTypes from "prop-types";
import React from "react";
import { Table } from "semantic-ui-react";
import { Pages } from "../deposit/Filters";

/** A table with titles that scrolls by itself, reached by keyboard, and the pages of it below where it has any. */
export const PagedTable = ({ label, titles, pages, children, ...props }) => (
  <>
    {React.Children.count(children) > 0 && (
      // A scrolling part must be reached by keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      <div className="scrolling" tabIndex={0} role="region" aria-label={label}>
        <Table size="small" {...props}>
          <Table.Header>
            <Table.Row>
              {titles.map((title) => (
                <Table.HeaderCell key={title}>{title}</Table.HeaderCell>
              ))}
            </Table.Row>
          </Table.Header>
          <Table.Body>{children}</Table.Body>
        </Table>
      </div>
    )}
    {pages && <Pages {...pages} />}
  </>
);

PagedTable.propTypes = {
  label: PropTypes.string.isRequired,
  titles: PropTypes.array.isRequired,
  /** `{page, size, total, onPage}` */
  pages: PropTypes.object,
  children: PropTypes.node,
};
PagedTable.defaultProps = { pages: null, children: null };
