import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useRef, useState } from "react";
import { Button, Modal } from "semantic-ui-react";
import { HeaderViewer } from "../components/HeaderViewer";
import { settled } from "./pictures";

/** Of a product named by its identifier, or by its file and place in it. */
const address = (recid, what, { did, file, product }) =>
  `/api/records/${encodeURIComponent(recid)}/obscore/${what}?${new URLSearchParams(did ? { did } : { file, product })}`;

const Picture = ({ recid, product }) => {
  const [known, setKnown] = useState(null);
  const url = address(recid, "preview", product);
  useEffect(() => {
    let current = true;
    settled(url)
      .then((found) => current && setKnown(found))
      .catch(() => current && setKnown({ state: "failed", message: i18next.t("No picture") }));
    return () => {
      current = false;
    };
  }, [url]);
  if (!known) return <p role="status">{i18next.t("The picture is loading…")}</p>;
  if (known.state !== "done") return <p>{known.message}</p>;
  return (
    <figure>
      <img src={`${url}&size=large`} alt={known.alt} />
      <figcaption>{known.alt}</figcaption>
    </figure>
  );
};

Picture.propTypes = { recid: PropTypes.string.isRequired, product: PropTypes.object.isRequired };

/** A product's larger picture or its header, over the page; the focus returns to what opened it. */
export const ProductWindow = ({ recid, product, what, onClose }) => {
  const opener = useRef(document.activeElement);
  const heading = useRef(null);
  useEffect(() => {
    const back = opener.current;
    if (heading.current) heading.current.focus();
    return () => back && back.focus && back.focus();
  }, []);
  return (
    <Modal
      open
      onClose={onClose}
      closeIcon={false}
      className="obscore-window"
      role="dialog"
      aria-modal="true"
      aria-labelledby="obscore-window-heading"
    >
      <Modal.Header>
        <h2 id="obscore-window-heading" tabIndex={-1} ref={heading}>
          <bdi>{product.label}</bdi>
        </h2>
      </Modal.Header>
      <Modal.Content scrolling>
        {what === "header" ? (
          <HeaderViewer url={address(recid, "header", product)} />
        ) : (
          <Picture recid={recid} product={product} />
        )}
      </Modal.Content>
      <Modal.Actions>
        <Button onClick={onClose}>{i18next.t("Close")}</Button>
      </Modal.Actions>
    </Modal>
  );
};

ProductWindow.propTypes = {
  recid: PropTypes.string.isRequired,
  product: PropTypes.object.isRequired,
  what: PropTypes.oneOf(["header", "picture"]).isRequired,
  onClose: PropTypes.func.isRequired,
};
