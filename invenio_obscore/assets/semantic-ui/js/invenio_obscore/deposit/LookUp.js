import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useState } from "react";
import { Button, Checkbox, Message } from "semantic-ui-react";
import { beside, plain } from "../components/format";
import { useDuring } from "./useDuring";

const SERVICES = { simbad: i18next.t("Simbad"), svo: i18next.t("SVO Filter Profile Service") };

/** Asks Simbad and the filter service; what they propose is accepted by the depositor, or not. */
export const LookUp = ({ api, address, onAccept }) => {
  const [found, setFound] = useState(null);
  const [chosen, setChosen] = useState([]);
  const { busy, error, during } = useDuring();
  const ask = () =>
    during(async () => {
      const answer = await api.lookUp(address);
      const { proposals } = answer.proposals[0];
      setFound({ proposals, failures: answer.failures });
      setChosen([]);
    });
  const accept = () =>
    during(async () => {
      await onAccept(chosen.map((index) => found.proposals[index]));
      setFound(null);
    });
  const toggle = (index) =>
    setChosen((former) => (former.includes(index) ? former.filter((each) => each !== index) : [...former, index]));
  return (
    <div className="look-up">
      <Button type="button" size="small" icon="search" loading={busy} disabled={busy} onClick={ask}
        content={i18next.t("Look up in Simbad and the filter service")} />
      <div role="status" aria-live="polite">
        {error && <Message negative size="small" content={error} />}
        {found && !found.proposals.length && (
          <Message size="small" content={i18next.t("Nothing is proposed for the empty values of this product.")} />
        )}
        {found?.failures.map((failure) => <Message key={failure} warning visible size="small" content={failure} />)}
      </div>
      {found?.proposals.length > 0 && (
        <fieldset>
          <legend>{i18next.t("Proposals for empty values: choose what is right")}</legend>
          {found.proposals.map((proposal, index) => (
            <Checkbox
              key={`${proposal.column}-${proposal.service}`}
              checked={chosen.includes(index)}
              onChange={() => toggle(index)}
              label={
                // eslint-disable-next-line jsx-a11y/label-has-associated-control
                <label>
                  <b>{proposal.column}</b> = <bdi>{plain(proposal.value)}</bdi>{" "}
                  {beside(proposal.column, proposal.value)}{" "}
                  <span className="origin">
                    {SERVICES[proposal.service]}: <bdi>{proposal.detail}</bdi>,{" "}
                    {i18next.t("{{percent}} % sure", { percent: Math.round(proposal.confidence * 100) })}
                  </span>
                </label>
              }
            />
          ))}
          <Button primary type="button" size="small" disabled={busy || !chosen.length} onClick={accept}>
            {i18next.t("Accept what is chosen")}
          </Button>
          <Button type="button" size="small" onClick={() => setFound(null)}>
            {i18next.t("Dismiss")}
          </Button>
        </fieldset>
      )}
    </div>
  );
};

LookUp.propTypes = {
  api: PropTypes.object.isRequired,
  address: PropTypes.object.isRequired,
  onAccept: PropTypes.func.isRequired,
};
