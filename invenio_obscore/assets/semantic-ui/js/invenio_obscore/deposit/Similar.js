import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { Button, Message } from "semantic-ui-react";
import { useDuring } from "./useDuring";

/** Applies a correction to all products that look like the open one; says first how many these are. */
export const Similar = ({ api, address, names, onApply, disabled }) => {
  const [alike, setAlike] = useState(null);
  const { busy, error, during } = useDuring();
  const ask = () => during(async () => setAlike(await api.similar(address)));
  const apply = () =>
    during(async () => {
      await onApply();
      setAlike(null);
    });
  if (alike) {
    const common = Object.values(alike.by).join(", ") || i18next.t("no instrument");
    return (
      <Message info role="alertdialog" aria-label={i18next.t("Apply to all that look the same")}>
        <p>
          {i18next.t("{{count}} products look the same ({{common}}). Set {{columns}} in all of them?", {
            count: alike.total,
            common,
            columns: names.join(", "),
          })}
        </p>
        <Button primary type="button" size="small" loading={busy} disabled={busy} onClick={apply}>
          {i18next.t("Apply to {{count}} products", { count: alike.total })}
        </Button>
        <Button type="button" size="small" disabled={busy} onClick={() => setAlike(null)}>
          {i18next.t("Cancel")}
        </Button>
        {error && <p role="alert">{error}</p>}
      </Message>
    );
  }
  return (
    <>
      <Button type="button" size="small" loading={busy} disabled={disabled || busy} onClick={ask}>
        {i18next.t("Apply to all that look the same…")}
      </Button>
      {error && <p role="alert">{error}</p>}
    </>
  );
};

Similar.propTypes = {
  api: PropTypes.object.isRequired,
  address: PropTypes.object.isRequired,
  names: PropTypes.array.isRequired,
  onApply: PropTypes.func.isRequired,
  disabled: PropTypes.bool.isRequired,
};
