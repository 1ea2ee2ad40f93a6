import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { lazy, Suspense, useState } from "react";
import { Button, Loader, Message, Modal } from "semantic-ui-react";
import { CellEditor } from "./CellEditor";
import { columnGroups } from "./columns";
import { LookUp } from "./LookUp";
import { Similar } from "./Similar";
import { useProduct } from "./useProduct";
import { useUnderstood } from "./useUnderstood";

const HeaderViewer = lazy(() => import("../components/HeaderViewer"));

const GROUPS = columnGroups();
const OPEN_AT_FIRST = ["what", "where", "when", "wavelength", "telescope"];

const without = (values, names) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

/** The header of a file in a window. */
export const Header = ({ url, target, onClose }) => (
  <Modal open closeIcon onClose={onClose} size="large" aria-label={i18next.t("Header")}>
    <Modal.Header>{i18next.t("Header")}</Modal.Header>
    <Modal.Content scrolling>
      <Suspense fallback={<Loader active inline="centered" />}>
        <HeaderViewer url={url} search={target.search} hdu={target.hdu} />
      </Suspense>
    </Modal.Content>
    <Modal.Actions>
      <Button type="button" onClick={onClose}>
        {i18next.t("Close")}
      </Button>
    </Modal.Actions>
  </Modal>
);

Header.propTypes = {
  url: PropTypes.string.isRequired,
  target: PropTypes.object.isRequired,
  onClose: PropTypes.func.isRequired,
};

const isDoubtful = ({ name }, product, typed) =>
  typed[name] !== undefined || product.problems.some(({ column }) => column === name);

const isOpen = (group, product, typed) =>
  OPEN_AT_FIRST.includes(group.name) || group.columns.some((column) => isDoubtful(column, product, typed));

const isShown = (column, product, typed) =>
  column.mandatory || product.row[column.name] !== undefined || isDoubtful(column, product, typed);

/** The columns of one group; the empty ones that the standard does not ask for only when somebody wants them. */
const Group = ({ group, product, typed, cell }) => {
  const [all, setAll] = useState(false);
  const shown = group.columns.filter((column) => all || isShown(column, product, typed));
  const hidden = group.columns.length - shown.length;
  return (
    <details open={isOpen(group, product, typed)}>
      <summary>{group.title}</summary>
      {shown.map(cell)}
      {hidden > 0 && (
        <Button basic type="button" size="mini" onClick={() => setAll(true)}>
          {i18next.t("Show {{count}} empty columns more", { count: hidden })}
        </Button>
      )}
    </details>
  );
};

Group.propTypes = {
  group: PropTypes.object.isRequired,
  product: PropTypes.object.isRequired,
  typed: PropTypes.object.isRequired,
  cell: PropTypes.func.isRequired,
};

const General = ({ problems }) => {
  const general = problems.filter(({ column }) => !column);
  if (!general.length) return null;
  return (
    <Message warning visible size="small">
      <Message.List>
        {general.map(({ code, message }) => (
          <Message.Item key={code + message}>
            <bdi>{message}</bdi>
          </Message.Item>
        ))}
      </Message.List>
    </Message>
  );
};

General.propTypes = { problems: PropTypes.array.isRequired };

/** One open row: every column in groups, with evidence, correction, reset; look-ups; all that look the same. */
export const ProductDetail = ({ api, address, id, revision, typed, onType, onSaved }) => {
  const { product, failure, saving, save, apply } = useProduct(api, address, revision, onSaved);
  const [errors, setErrors] = useState({});
  const [said, setSaid] = useState("");
  const [header, setHeader] = useState(null);
  const understood = useUnderstood(api, address, typed);
  if (failure && !product) return <Message negative role="alert" content={failure.message} />;
  if (!product) return <Loader active inline="centered" content={i18next.t("The row is loading…")} />;

  const names = Object.keys(typed);
  const attempt = async (action, saved) => {
    setErrors({});
    setSaid("");
    try {
      await action();
      onType((former) => without(former, saved));
      setSaid(i18next.t("Saved."));
    } catch (error) {
      const wrong = error.fields || {};
      setErrors(wrong);
      setSaid(error.message);
      const [first] = Object.keys(wrong);
      if (first) document.getElementById(`${id}-${first}`)?.focus();
      throw error;
    }
  };
  const quietly = (promise) => promise.catch(() => {}); // said above, at its field or below the row
  const saveAll = () => quietly(attempt(() => save(typed), names));
  const submit = (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.target.type === "checkbox") return;
    event.preventDefault(); // else the form around it is sent
    saveAll();
  };
  const sendSimilar = (at) =>
    api.correctSimilar(address, at, {
      corrections: Object.fromEntries(names.map((name) => [name, typed[name].trim() === "" ? null : typed[name]])),
    });
  const type = (name) => (value) => {
    setErrors((former) => without(former, [name]));
    onType((former) => (value === undefined ? without(former, [name]) : { ...former, [name]: value }));
  };

  const cell = (column) => (
    <CellEditor
      key={column.name}
      column={column}
      id={`${id}-${column.name}`}
      product={product}
      typed={typed[column.name]}
      understood={understood}
      error={errors[column.name]}
      onType={type(column.name)}
      onHeader={setHeader}
      onReset={(name) => quietly(attempt(() => save({}, [name]), [name]))}
    />
  );
  const accept = (chosen) => {
    const send = (at) => api.accept(address, at, chosen);
    return attempt(() => apply(send, chosen.map(({ column }) => column)), []);
  };

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="obscore-product" aria-label={address.product || address.file} onKeyDown={submit}>
      <General problems={product.problems} />
      {GROUPS.map((group) => (
        <Group key={group.name} group={group} product={product} typed={typed} cell={cell} />
      ))}
      <div className="row-actions">
        <Button primary type="button" size="small" loading={saving} disabled={saving || !names.length} onClick={saveAll}>
          {i18next.t("Save corrections")}
        </Button>
        <Similar
          api={api}
          address={address}
          names={names}
          disabled={saving || !names.length}
          onApply={() => attempt(() => apply(sendSimilar, names), names)}
        />
        <Button
          type="button"
          size="small"
          icon="file alternate outline"
          content={i18next.t("Whole header")}
          onClick={() => setHeader({ search: "" })}
        />
        <p role="status" aria-live="polite" className="said">
          {said}
        </p>
      </div>
      <LookUp api={api} address={address} onAccept={accept} />
      {header && <Header url={api.headerUrl(address)} target={header} onClose={() => setHeader(null)} />}
    </section>
  );
};

ProductDetail.propTypes = {
  api: PropTypes.object.isRequired,
  address: PropTypes.object.isRequired,
  id: PropTypes.string.isRequired,
  revision: PropTypes.number.isRequired,
  typed: PropTypes.object.isRequired,
  onType: PropTypes.func.isRequired,
  onSaved: PropTypes.func.isRequired,
};
