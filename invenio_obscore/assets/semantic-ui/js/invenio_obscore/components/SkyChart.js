import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useMemo, useRef } from "react";
import { chart, footprints, grid, outline, path, pointed } from "./SkyChartProjection";

const WIDTH = 640;
const HEIGHT = 340;
// More are drawn as one picture, of which only the selected one is an element of its own.
const MANY = 300;
// A pointer this near a centre means it.
const NEAR = 25;

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

/** Thousands of footprints as two paths. */
const Crowd = ({ view, found }) => {
  const [outlines, centres] = useMemo(() => {
    const places = found.map(({ centre }) => view.project(centre)).filter(Boolean);
    return [
      found.flatMap(({ parts }) => parts.map((part) => path(view, outline(part, 16)))).join(""),
      places.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join(""),
    ];
  }, [view, found]);
  return (
    <g className="crowd" aria-hidden="true">
      <path className="outlines" d={outlines} />
      <path className="centres" d={centres} />
    </g>
  );
};

Crowd.propTypes = { view: PropTypes.object.isRequired, found: PropTypes.array.isRequired };

/** The footprint whose centre is nearest to a place of the chart, if any is near. */
const nearest = (view, found, [x, y]) => {
  const distances = found.map((each) => {
    const place = view.project(each.centre);
    return place ? Math.hypot(place[0] - x, place[1] - y) : Infinity;
  });
  const least = distances.reduce((best, distance, number) => (distance < distances[best] ? number : best), 0);
  return distances[least] <= NEAR ? found[least] : null;
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
    elements.current[next.id]?.focus();
  };

  const crowded = found.length > MANY;
  const point = (event) => {
    const chosen = nearest(view, found, pointed(event));
    if (chosen) onSelect(chosen.id);
  };
  // The selected one is drawn last, over the others.
  const order = [...found.filter(({ id }) => id !== selected), ...found.filter(({ id }) => id === selected)];
  return (
    // Keys reach every footprint by the one that is an element.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <svg
      className={`obscore-sky-chart ${view.whole ? "whole" : "local"}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label={i18next.t("Positions on the sky (ICRS)")}
      onKeyDown={move}
      onClick={crowded ? point : undefined}
    >
      <Grid view={view} />
      {crowded && <Crowd view={view} found={found} />}
      {(crowded ? [found[current]] : order).map((each) => (
        <Footprint
          key={crowded ? "current" : each.id}
          view={view}
          found={each}
          selected={each.id === selected}
          tabbable={each.id === (found[current] && found[current].id)}
          onSelect={onSelect}
          reference={(element) => {
            elements.current[crowded ? "current" : each.id] = element;
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
