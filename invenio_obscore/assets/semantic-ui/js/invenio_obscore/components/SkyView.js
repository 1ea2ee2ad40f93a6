import "@less/invenio_obscore/sky.less";
import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "semantic-ui-react";
import { SkyChart } from "./SkyChart";
import { chart, footprints } from "./SkyChartProjection";
import { AladinSky, loadAladin } from "./SkyViewAladin";

const CHART = "chart";
const LOADING = "loading";
const ALADIN = "aladin";
const FAILED = "failed";

const canDraw = () => {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch (error) {
    return false;
  }
};

/** Calls `appear` once, when the element comes into sight. */
const useSight = (element, appear) => {
  useEffect(() => {
    if (!window.IntersectionObserver || !element.current) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        observer.disconnect();
        appear();
      }
    });
    observer.observe(element.current);
    return () => observer.disconnect();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
};

/** Aladin Lite's state: its instance once it runs, and how to begin. */
const useAladin = (holder, survey) => {
  const [state, setState] = useState(CHART);
  const [sky, setSky] = useState(null);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    []
  );
  const begin = async () => {
    if (state === LOADING || sky) return;
    setState(LOADING);
    try {
      if (!canDraw()) throw new Error("no WebGL 2");
      const A = await loadAladin();
      if (!alive.current) return;
      const made = new AladinSky(A, holder.current);
      if (survey) made.background(survey);
      setSky(made);
      setState(ALADIN);
    } catch (error) {
      console.info("The sky is shown as a chart:", error.message);
      if (alive.current) setState(FAILED);
    }
  };
  return { state, setState, sky, begin };
};

/** The former list where the new one says the same: whoever looks around on the sky stays there. */
const useSame = (products) => {
  const text = useMemo(() => JSON.stringify(products), [products]);
  const former = useRef({ text, products });
  if (text !== former.current.text) former.current = { text, products };
  return former.current.products;
};

/**
 * The footprints of products on the sky: Aladin Lite once it is in sight and where it runs, else a plain chart.
 *
 * products: `[{id, label, s_ra, s_dec, s_fov, s_region}]` (degrees, ICRS; s_region as STC-S text)
 * selected: identifier of one; onSelect: called with the identifier of one that is clicked
 * survey: address of an image survey (HiPS) for the background, from outside; none by default
 */
export const SkyView = ({ products: given, selected, onSelect, survey }) => {
  const products = useSame(given);
  const frame = useRef(null);
  const holder = useRef(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const found = useMemo(() => footprints(products), [products]);
  const { state, setState, sky, begin } = useAladin(holder, survey);
  useSight(frame, () => found.length && begin());

  useEffect(() => {
    if (!sky) return;
    sky.onSelect((id) => select.current(id));
  }, [sky]);
  useEffect(() => {
    if (!sky) return;
    sky.show(products);
    sky.look(chart(found, 640, 340));
  }, [sky, products, found]);
  useEffect(() => {
    if (sky) sky.select(selected);
  }, [sky, selected, products]);

  if (!found.length) return null;
  const interactive = state === ALADIN;
  return (
    <div className="obscore-sky-view" ref={frame}>
      {/* Aladin measures its element when it begins, so that must have its size by then. */}
      <div className={interactive || state === LOADING ? "aladin-frame" : "aladin-frame away"}>
        <div className="aladin-holder" ref={holder} />
      </div>
      {!interactive && <SkyChart products={products} selected={selected} onSelect={onSelect} />}
      <div className="tools">
        {sky ? (
          <Button basic size="mini" onClick={() => setState(interactive ? CHART : ALADIN)}>
            {interactive ? i18next.t("Show as a chart") : i18next.t("Show the sky")}
          </Button>
        ) : (
          <span role="status">{state === LOADING ? i18next.t("The sky view is loading…") : ""}</span>
        )}
      </div>
    </div>
  );
};

SkyView.propTypes = {
  products: PropTypes.array.isRequired,
  selected: PropTypes.string,
  onSelect: PropTypes.func,
  survey: PropTypes.string,
};

SkyView.defaultProps = { selected: "", onSelect: () => {}, survey: "" };

export default SkyView;
