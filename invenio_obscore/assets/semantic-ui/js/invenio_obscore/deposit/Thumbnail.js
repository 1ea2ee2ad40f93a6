import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useRef, useState } from "react";
import { settled } from "../landing/pictures";

/** Whether the element was in sight yet: pictures that nobody sees are not drawn. */
const useSeen = (element) => {
  const [seen, setSeen] = useState(!window.IntersectionObserver);
  useEffect(() => {
    if (seen) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, seen]);
  return seen;
};

/** A product's picture; while there is none, or where none can be drawn, the reason stands in its place. */
export const Thumbnail = ({ url, waiting }) => {
  const place = useRef(null);
  const [known, setKnown] = useState(null);
  const seen = useSeen(place);
  useEffect(() => {
    if (!seen || waiting) return undefined;
    let current = true;
    const show = (next) => current && setKnown(next);
    settled(url)
      .then(show)
      .catch(() => show({ state: "failed", message: i18next.t("No picture") }));
    return () => {
      current = false;
    };
  }, [url, seen, waiting]);
  if (known?.state === "done") {
    return (
      <a href={`${url}&size=large`} target="_blank" rel="noopener noreferrer" className="thumbnail">
        <img src={`${url}&size=thumbnail`} alt={known.alt} />
      </a>
    );
  }
  return (
    <span ref={place} className="thumbnail none">
      {known ? known.message || i18next.t("No picture") : i18next.t("The picture is being drawn.")}
    </span>
  );
};

Thumbnail.propTypes = { url: PropTypes.string.isRequired, waiting: PropTypes.bool.isRequired };
