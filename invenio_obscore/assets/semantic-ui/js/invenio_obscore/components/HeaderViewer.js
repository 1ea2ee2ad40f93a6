import "@less/invenio_obscore/header.less";
import { i18next } from "@translations/invenio_obscore/i18next";
import axios from "axios";
import PropTypes from "prop-types";
import React, { useEffect, useMemo, useState } from "react";
import { Input, Loader, Message } from "semantic-ui-react";

const KEYWORD = 8;
const MOST_SHOWN = 2000;

const useHeader = (url) => {
  const [state, setState] = useState({ hdus: null, error: "" });
  useEffect(() => {
    const cancel = axios.CancelToken.source();
    setState({ hdus: null, error: "" });
    axios
      .get(url, { cancelToken: cancel.token, withCredentials: true })
      .then(({ data }) => setState({ hdus: data.hdus, error: "" }))
      .catch((error) => {
        if (axios.isCancel(error)) return;
        const said = error.response?.data?.message;
        setState({ hdus: null, error: said || i18next.t("The header cannot be loaded.") });
      });
    return () => cancel.cancel();
  }, [url]);
  return state;
};

const matching = (hdus, words) =>
  hdus.map((hdu) => ({
    ...hdu,
    shown: hdu.cards.filter((card) => words.every((word) => card.toLowerCase().includes(word))),
  }));

const Hdu = ({ hdu, open }) => (
  <details open={open} className="hdu">
    <summary>
      {i18next.t("HDU {{index}}", { index: hdu.index })} {hdu.name && <strong>{hdu.name}</strong>}{" "}
      <span className="count">
        {hdu.left_out
          ? i18next.t("{{count}} cards, too many to be shown here", { count: hdu.left_out })
          : i18next.t("{{shown}} of {{total}} cards", { shown: hdu.shown.length, total: hdu.cards.length })}
      </span>
    </summary>
    {/* A scrolling part must be reached by keyboard. */}
    {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
    <pre tabIndex={0} dir="ltr" aria-label={i18next.t("Cards of HDU {{index}}", { index: hdu.index })}>
      {hdu.shown.slice(0, MOST_SHOWN).map((card, number) => (
        // eslint-disable-next-line react/no-array-index-key
        <span key={number} className="card-line">
          <b>{card.slice(0, KEYWORD)}</b>
          <bdi>{card.slice(KEYWORD)}</bdi>
          {"\n"}
        </span>
      ))}
    </pre>
  </details>
);

Hdu.propTypes = { hdu: PropTypes.object.isRequired, open: PropTypes.bool.isRequired };

/**
 * The header cards of a file or archive member, searchable.
 *
 * url: answers `{"hdus": [{"index", "name", "cards": [text]}]}`
 * search: what is searched for at first, a keyword for instance; hdu: the HDU that is open at first
 */
export const HeaderViewer = ({ url, search, hdu }) => {
  const { hdus, error } = useHeader(url);
  const [words, setWords] = useState(search);
  useEffect(() => setWords(search), [search]);
  const found = useMemo(
    () => (hdus ? matching(hdus, words.toLowerCase().split(/\s+/).filter(Boolean)) : []),
    [hdus, words]
  );
  if (error) return <Message negative role="alert" content={error} />;
  if (!hdus) return <Loader active inline="centered" content={i18next.t("The header is loading…")} />;
  const total = found.reduce((sum, each) => sum + each.shown.length, 0);
  return (
    <div className="obscore-header-viewer">
      <Input
        fluid
        icon="search"
        value={words}
        onChange={(_, { value }) => setWords(value)}
        input={{ "aria-label": i18next.t("Search the header") }}
        placeholder={i18next.t("Search keywords, values and comments")}
      />
      <p role="status" className="count">
        {words ? i18next.t("{{count}} cards found", { count: total }) : ""}
      </p>
      {found.map((each) => (
        <Hdu
          key={`${each.index}-${Boolean(words)}`}
          hdu={each}
          open={words ? each.shown.length > 0 : each.index === (hdu ?? 0)}
        />
      ))}
    </div>
  );
};

HeaderViewer.propTypes = { url: PropTypes.string.isRequired, search: PropTypes.string, hdu: PropTypes.number };
HeaderViewer.defaultProps = { search: "", hdu: undefined };

export default HeaderViewer;
