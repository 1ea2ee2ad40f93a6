import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useMemo, useRef } from "react";
import { chart, footprints, grid, outline, path } from "./SkyChartProjection";

const WIDTH = 640;
const HEIGHT = 340;

/** Where a line's label stands: at the chart's left or lower edge, or (whole sky) at a place of its own. */
const labelPlace = (view, line) => {
  if (line.at) return view.project(line.at);
  const inside = line.points
    .map(view.project)
    .filter((p) => p && p[0] > 2 && p[0] < WIDTH - 2 && p[1] > 2 && p[1] < HEIGHT - 2);
  if (!inside.length) return null;
  return line.side === "dec"
    ? [4, inside.reduce((a, b) => (a[0] < b[0] ? a : b))[1] - 3]
    : [inside.reduce((a, b) => (a[1] > b[1] ? a : b))[0] + 3, HEIGHT - 5];
};

const Grid = ({ view }) => (
  <g className="grid" aria-hidden="true">
    {grid(view).map((line, number) => {
      const place = labelPlace(view, line);
      return (
        <g key={number}>
          <path d={path(view, line.points)} />
          {place && line.label && (
            <text x={place[0]} y={place[1]}>
              {line.label}
            </text>
          )}
        </g>
      );
    })}
  </g>
);

Grid.propTypes = { view: PropTypes.object.isRequired };

const Footprint = ({ view, found, selected, tabbable, onSelect, reference }) => {
  const centre = view.project(found.centre);
  const choose = () => onSelect(found.id);
  const byKey = (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose();
    }
  };
  return (
    <g
      ref={reference}
      role="button"
      tabIndex={tabbable ? 0 : -1}
      aria-pressed={selected}
      aria-label={`${found.label} (${found.ra.toFixed(4)}°, ${found.dec.toFixed(4)}°)`}
      className={selected ? "footprint selected" : "footprint"}
      onClick={choose}
      onKeyDown={byKey}
    >
      <title>{found.label}</title>
      {found.parts.map((part, number) => (
        <path key={number} d={path(view, outline(part))} />
      ))}
      {centre && <circle className="centre" cx={centre[0]} cy={centre[1]} r="3" />}
      {centre && <circle className="target" cx={centre[0]} cy={centre[1]} r="12" />}
    </g>
  );
};

Footprint.propTypes = {
  view: PropTypes.object.isRequired,
  found: PropTypes.object.isRequired,
  selected: PropTypes.bool.isRequired,
  tabbable: PropTypes.bool.isRequired,
  onSelect: PropTypes.func.isRequired,
  reference: PropTypes.func.isRequired,
};

/** The footprints as a plain chart: the whole sky, or the part of it where they are. One tab stop; arrows move on. */
export const SkyChart = ({ products, selected, onSelect }) => {
  const found = useMemo(() => footprints(products), [products]);
  const view = useMemo(() => chart(found, WIDTH, HEIGHT), [found]);
  const elements = useRef({});
  const current = Math.max(
    0,
    found.findIndex(({ id }) => id === selected)
  );

  const move = (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || !found.length) return;
    event.preventDefault();
    const next = found[(current + by + found.length) % found.length];
    onSelect(next.id);
    if (elements.current[next.id]) elements.current[next.id].focus();
  };

  // The selected one is drawn last, over the others.
  const order = [...found.filter(({ id }) => id !== selected), ...found.filter(({ id }) => id === selected)];
  return (
    <svg
      className={`obscore-sky-chart ${view.whole ? "whole" : "local"}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label={i18next.t("Positions on the sky (ICRS)")}
      onKeyDown={move}
    >
      <Grid view={view} />
      {order.map((each) => (
        <Footprint
          key={each.id}
          view={view}
          found={each}
          selected={each.id === selected}
          tabbable={each.id === (found[current] && found[current].id)}
          onSelect={onSelect}
          reference={(element) => {
            elements.current[each.id] = element;
          }}
        />
      ))}
    </svg>
  );
};

SkyChart.propTypes = {
  products: PropTypes.array.isRequired,
  selected: PropTypes.string,
  onSelect: PropTypes.func,
};

SkyChart.defaultProps = { selected: "", onSelect: () => {} };
