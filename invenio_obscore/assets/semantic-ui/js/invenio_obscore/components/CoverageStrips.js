import "@less/invenio_obscore/sky.less";
import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useMemo } from "react";
import { isNumber, wavelength } from "./format";
import { pointed } from "./SkyChartProjection";

const WIDTH = 640;
const LEFT = 8;
const RIGHT = WIDTH - 8;
const AXIS = 34;
const MOST_HEIGHT = 160;
const TOP = 16;
// More bars than this share lanes, and are drawn as one picture.
const LANES = 70;

// Beginnings of the bands in metres, the radio band the last.
const BANDS = [
  [1e-22, "γ"],
  [1e-11, "X"],
  [1e-8, "UV"],
  [3.8e-7, i18next.t("optical")],
  [8e-7, i18next.t("infrared")],
  [1e-3, "mm"],
  [1e-2, i18next.t("radio")],
  [100, ""],
];
const DAYS_OF_YEAR = 365.25;

const write3 = (metres) => wavelength(metres, 3);

const day = (mjd) => {
  const date = new Date((mjd - 40587) * 86400000);
  return Number.isNaN(date.getTime()) ? String(mjd) : date.toISOString().slice(0, 10);
};

/** Products with a span, and the axis that holds them all: `[low, high]` with a margin. */
const spans = (products, low, high, scale) => {
  const found = products
    .filter((each) => isNumber(each[low]) || isNumber(each[high]))
    .map((each) => {
      const ends = [isNumber(each[low]) ? each[low] : each[high], isNumber(each[high]) ? each[high] : each[low]];
      return { id: each.id, label: String(each.label || ""), ends, at: ends.map(scale) };
    })
    .filter(({ at }) => at.every(Number.isFinite));
  const values = found.flatMap(({ at }) => at);
  return { found, low: Math.min(...values), high: Math.max(...values) };
};

/** Multiples of a round step (1, 2, 5, 10, …) between two values: so many, or a few less. */
const steps = (low, high, most) => {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  // Labels are days or years: two on one day would say the same.
  const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough));
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push(value);
  return ticks;
};

const newYear = (year) => Date.UTC(year, 0, 1) / 86400000 + 40587;

/** Days, or the first ones of years where there are many. */
const dayTicks = (low, high, most) => {
  if (high - low < 4 * DAYS_OF_YEAR) return steps(low, high, most);
  const year = (mjd) => (mjd - newYear(2000)) / DAYS_OF_YEAR + 2000;
  return steps(year(low), year(high), most).map(newYear).filter((value) => value >= low && value <= high);
};

const logTicks = (low, high) => {
  const ticks = [];
  const factors = high - low < 1.5 ? [1, 2, 3, 5, 7] : high - low < 5 ? [1, 3] : [1];
  const every = Math.max(1, Math.round((high - low) / 8));
  for (let power = Math.floor(low); power <= Math.ceil(high); power += every)
    factors.forEach((factor) => ticks.push(Math.log10(factor) + power));
  return ticks.filter((value) => value >= low && value <= high);
};

const Bands = ({ place, low, high, height }) => (
  <g className="bands">
    {BANDS.slice(0, -1).map(([begin, name], number) => {
      const from = Math.max(low, Math.log10(begin));
      const to = Math.min(high, Math.log10(BANDS[number + 1][0]));
      if (to <= from) return null;
      const [x, width] = [place(from), place(to) - place(from)];
      return (
        <g key={name} className={number % 2 ? "odd" : "even"}>
          <rect x={x} y="0" width={width} height={height} />
          {width > 9 * name.length + 6 && (
            <text x={x + 4} y="12">
              {name}
            </text>
          )}
        </g>
      );
    })}
  </g>
);

Bands.propTypes = {
  place: PropTypes.func.isRequired,
  low: PropTypes.number.isRequired,
  high: PropTypes.number.isRequired,
  height: PropTypes.number.isRequired,
};

/** The bars from the top down, each with its place; many are put into lanes by where they begin. */
const placed = (found, place) => {
  const lanes = Math.min(found.length, LANES);
  const pitch = Math.min(10, (MOST_HEIGHT - 20) / lanes);
  const order = found.length > LANES ? [...found].sort((a, b) => Math.min(...a.at) - Math.min(...b.at)) : found;
  const bars = order.map((each, number) => ({
    ...each,
    x: place(Math.min(...each.at)) - 1,
    y: TOP + Math.floor((number * lanes) / found.length) * pitch,
    width: Math.max(3, Math.abs(place(each.at[1]) - place(each.at[0])) + 2),
    height: Math.max(1.5, pitch - 1.5),
  }));
  return { bars, pitch, height: 18 + pitch * lanes };
};

/** The bar of a lane that is nearest to a pointer. */
const nearest = (bars, pitch, [x, y]) => {
  const lane = bars.filter((bar) => Math.abs(bar.y + bar.height / 2 - y) <= Math.max(pitch, 4));
  const away = (bar) => Math.max(bar.x - x, x - bar.x - bar.width, 0) + Math.abs(bar.y + bar.height / 2 - y) / 10;
  return lane.reduce((best, bar) => (!best || away(bar) < away(best) ? bar : best), null);
};

const outlineOf = ({ x, y, width, height }) =>
  `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${-width.toFixed(1)}z`;

const Bar = ({ bar, selected, write, onSelect }) => (
  <rect
    className={selected ? "bar selected" : "bar"}
    x={bar.x}
    y={bar.y}
    width={bar.width}
    height={bar.height}
    onClick={onSelect && (() => onSelect(bar.id))}
  >
    <title>{`${bar.label}: ${write(bar.ends[0])} – ${write(bar.ends[1])}`}</title>
  </rect>
);

Bar.propTypes = {
  bar: PropTypes.object.isRequired,
  selected: PropTypes.bool.isRequired,
  write: PropTypes.func.isRequired,
  onSelect: PropTypes.func,
};
Bar.defaultProps = { onSelect: undefined };

/** Labels at the ends stay inside. */
const anchor = (x) => (x < 40 ? "start" : x > WIDTH - 40 ? "end" : "middle");

// The widest a letter of a label is, on a phone.
const LETTER = 9.4;

/** The labels of ticks that have room, from the left. */
const labels = (ticks, place, write) => {
  let free = -Infinity;
  return ticks.map((value) => {
    const [x, text] = [place(value), write(value)];
    const width = text.length * LETTER;
    const left = { start: x, middle: x - width / 2, end: x - width }[anchor(x)];
    if (left < free) return { value, x, text: "" };
    free = left + width + LETTER;
    return { value, x, text };
  });
};

/** Where everything of a strip lies. */
const laidOut = (data, margin) => {
  const width = Math.max(data.high - data.low, margin);
  const [low, high] = [data.low - width * 0.08 - margin / 2, data.high + width * 0.08 + margin / 2];
  const place = (value) => LEFT + ((value - low) / (high - low)) * (RIGHT - LEFT);
  const { bars, pitch, height } = placed(data.found, place);
  const crowded = bars.length > LANES;
  return { low, high, place, bars, pitch, height, crowded, shapes: crowded ? bars.map(outlineOf).join("") : "" };
};

/** One strip: a bar a product over an axis. */
const Strip = ({ name, data, margin, ticks, write, bands, selected, onSelect }) => {
  // Nobody who types in the row below waits for thousands of bars.
  const { low, high, place, bars, pitch, height, crowded, shapes } = useMemo(() => laidOut(data, margin), [data, margin]);
  const point = (event) => {
    const chosen = nearest(bars, pitch, pointed(event));
    if (chosen) onSelect(chosen.id);
  };
  const ends = data.found.flatMap((each) => each.ends);
  const summary = `${name}: ${write(Math.min(...ends))} – ${write(Math.max(...ends))}`;
  return (
    <figure className="obscore-coverage-strip">
      <figcaption>{summary}</figcaption>
      {/* What it shows stands in the table as well, which keys reach. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <svg
        viewBox={`0 0 ${WIDTH} ${height + AXIS}`}
        role="img"
        aria-label={summary}
        onClick={crowded ? point : undefined}
      >
        {bands && <Bands place={place} low={low} high={high} height={height} />}
        <line className="axis" x1={LEFT} x2={RIGHT} y1={height} y2={height} />
        {labels(ticks(low, high), place, (value) => write(bands ? 10 ** value : value)).map(({ value, x, text }) => (
          <g key={value} className="tick">
            <line x1={x} x2={x} y1={height} y2={height + 5} />
            {text && (
              <text x={x} y={height + 19} textAnchor={anchor(x)}>
                {text}
              </text>
            )}
          </g>
        ))}
        {crowded && <path className="bar crowd" d={shapes} />}
        {bars
          .filter(({ id }) => !crowded || id === selected)
          .map((bar) => (
            <Bar
              key={bar.id}
              bar={bar}
              selected={bar.id === selected}
              write={write}
              onSelect={crowded ? undefined : onSelect}
            />
          ))}
      </svg>
    </figure>
  );
};

Strip.propTypes = {
  name: PropTypes.string.isRequired,
  data: PropTypes.object.isRequired,
  margin: PropTypes.number.isRequired,
  ticks: PropTypes.func.isRequired,
  write: PropTypes.func.isRequired,
  bands: PropTypes.bool,
  selected: PropTypes.string,
  onSelect: PropTypes.func.isRequired,
};

Strip.defaultProps = { bands: false, selected: "" };

/**
 * Which wavelengths and which times products cover.
 *
 * products: `[{id, label, em_min, em_max, t_min, t_max}]` (metres in vacuum, MJD)
 */
export const CoverageStrips = ({ products, selected, onSelect }) => {
  const light = useMemo(() => spans(products, "em_min", "em_max", Math.log10), [products]);
  const time = useMemo(() => spans(products, "t_min", "t_max", (value) => value), [products]);
  const common = { selected, onSelect };
  return (
    <div className="obscore-coverage-strips">
      {light.found.length > 0 && (
        <Strip
          name={i18next.t("Wavelengths")}
          data={light}
          margin={0.3}
          ticks={logTicks}
          write={write3}
          bands
          {...common}
        />
      )}
      {time.found.length > 0 && (
        <Strip
          name={i18next.t("Time (UTC)")}
          data={time}
          margin={2}
          ticks={(low, high) => dayTicks(low, high, 6)}
          write={day}
          {...common}
        />
      )}
    </div>
  );
};

CoverageStrips.propTypes = {
  products: PropTypes.array.isRequired,
  selected: PropTypes.string,
  onSelect: PropTypes.func,
};

CoverageStrips.defaultProps = { selected: "", onSelect: () => {} };

export default CoverageStrips;
