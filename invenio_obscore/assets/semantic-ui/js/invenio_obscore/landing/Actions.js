import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React from "react";
import ReactDOM from "react-dom";
import { Button } from "semantic-ui-react";
import { messageFor, send } from "./samp";
import { NO_HUB, useSaid } from "./Tools";

/** What can be done with one product; its place is in its row of the table. */
export const Actions = ({ place, product, onHeader, onSelect, selected }) => {
  const [said, trying] = useSaid();
  const named = (text) => `${text}: ${product.label}`;
  return ReactDOM.createPortal(
    <>
      <Button
        size="mini"
        basic
        aria-pressed={selected}
        aria-label={named(i18next.t("Show in the views"))}
        onClick={() => onSelect(product.id)}
      >
        {i18next.t("Show")}
      </Button>
      <Button size="mini" basic aria-label={named(i18next.t("Header"))} onClick={() => onHeader(product)}>
        {i18next.t("Header")}
      </Button>
      <Button
        size="mini"
        basic
        aria-label={named(i18next.t("Open in TOPCAT, Aladin or DS9"))}
        onClick={trying(() => send(messageFor(product)), i18next.t("Sent."), NO_HUB())}
      >
        {i18next.t("Open in TOPCAT / Aladin / DS9")}
      </Button>
      <span role="status">{said}</span>
    </>,
    place
  );
};

Actions.propTypes = {
  place: PropTypes.object.isRequired,
  product: PropTypes.object.isRequired,
  onHeader: PropTypes.func.isRequired,
  onSelect: PropTypes.func.isRequired,
  selected: PropTypes.bool.isRequired,
};
