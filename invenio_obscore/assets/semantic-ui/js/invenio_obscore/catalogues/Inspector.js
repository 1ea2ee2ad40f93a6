import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useState } from "react";
import { Button, Message } from "semantic-ui-react";
import { CellEditor } from "../deposit/CellEditor";
import { Value } from "../deposit/MappingPreview";
import { Header } from "../deposit/ProductDetail";
import { idOf, nameOf } from "../deposit/ProductList";
import { useUnderstood } from "../deposit/useUnderstood";

const PAUSE = 250;
const ID = "obscore-inspected";

/** The product of the cell that has the focus, with its evidence. */
const useProduct = (panel, address, revision) => {
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState("");
  const id = address ? idOf(address) : "";
  useEffect(() => {
    if (!address) return undefined;
    let current = true;
    const timer = window.setTimeout(async () => {
      try {
        const product = await panel.product(address);
        if (current) setFound({ corrections: {}, evidence: {}, ...product });
        if (current) setFailure("");
      } catch (error) {
        if (current) setFailure(error.message);
      }
    }, PAUSE);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [panel, id, revision]);
  return { product: found && idOf(found) === id ? found : null, failure };
};

/** Below the table: where the value of the focused cell is from, what is wrong with it, and its correction. */
export const Inspector = ({ panel, address, column, revision, typed, error, published, onType, onReset }) => {
  const { product, failure } = useProduct(panel, address, revision);
  const [editing, setEditing] = useState(undefined);
  const [header, setHeader] = useState(null);
  const place = `${address ? idOf(address) : ""}\n${column?.name}`;
  useEffect(() => setEditing(undefined), [place, revision]);
  const shown = editing ?? typed;
  const understood = useUnderstood(panel, address, column && shown !== undefined ? { [column.name]: shown } : {});
  if (!address || !column) {
    return <p className="inspector">{i18next.t("Go to a cell to see where its value comes from.")}</p>;
  }
  const save = () => onType(editing);
  const keep = (event) => {
    if (event.key !== "Enter" || editing === undefined || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    save();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="inspector obscore-product" aria-label={i18next.t("The cell that has the focus")} onKeyDown={keep}>
      <h2 className="ui tiny header">
        <bdi className="value">{nameOf(address)}</bdi>
      </h2>
      {failure && <Message negative size="small" content={failure} />}
      {product && (
        <div role="status" aria-live="polite">
          <CellEditor
            column={column}
            id={ID}
            product={product}
            typed={shown}
            understood={understood}
            error={editing === undefined ? error : undefined}
            onType={setEditing}
            onHeader={setHeader}
            onReset={onReset}
          />
        </div>
      )}
      {editing !== undefined && (
        <Button primary type="button" size="mini" onClick={save}>
          {i18next.t("Save this value")}
        </Button>
      )}
      {published && (
        <p>
          {i18next.t("Published:")} <Value column={column.name} value={published.was} />
        </p>
      )}
      {product && (
        <Button basic type="button" size="mini" icon="file alternate outline" content={i18next.t("Whole header")}
          onClick={() => setHeader({ search: "" })} />
      )}
      {header && <Header url={panel.headerUrl(address)} target={header} onClose={() => setHeader(null)} />}
    </section>
  );
};

Inspector.propTypes = {
  panel: PropTypes.object.isRequired,
  address: PropTypes.object,
  column: PropTypes.object,
  revision: PropTypes.number.isRequired,
  typed: PropTypes.string,
  error: PropTypes.string,
  published: PropTypes.object,
  onType: PropTypes.func.isRequired,
  onReset: PropTypes.func.isRequired,
};
Inspector.defaultProps = { address: null, column: null, typed: undefined, error: undefined, published: undefined };
