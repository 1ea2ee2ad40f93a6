// Footprints on a plane: regions out of STC-S text, and the projections of the chart. Angles in degrees (ICRS).

const RAD = Math.PI / 180;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/g;
const PART = /(circle|polygon)\s+(?:icrs|fk5)?([^a-z()]*)/gi;
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
// A fan of more directions than this is drawn on the whole sky.
const LOCAL_RADIUS = 35;

export const vector = (ra, dec) => [
  Math.cos(dec * RAD) * Math.cos(ra * RAD),
  Math.cos(dec * RAD) * Math.sin(ra * RAD),
  Math.sin(dec * RAD),
];

export const position = ([x, y, z]) => [
  (Math.atan2(y, x) / RAD + 360) % 360,
  Math.atan2(z, Math.hypot(x, y)) / RAD,
];

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (v) => {
  const length = Math.hypot(...v);
  return length ? v.map((c) => c / length) : [1, 0, 0];
};

export const separation = (a, b) => Math.atan2(Math.hypot(...cross(a, b)), dot(a, b)) / RAD;

/** Parts of a region's text: `{circle: [ra, dec, radius]}` or `{polygon: [[ra, dec], …]}`; nothing for other text. */
export const parseRegion = (text) => {
  const parts = [];
  for (const [, shape, numbers] of String(text || "").matchAll(PART)) {
    const values = (numbers.match(NUMBER) || []).map(Number);
    if (shape.toLowerCase() === "circle" && values.length >= 3) {
      parts.push({ circle: values.slice(0, 3) });
    } else if (values.length >= 6) {
      const vertices = [];
      for (let i = 0; i + 1 < values.length; i += 2) vertices.push([values[i], values[i + 1]]);
      parts.push({ polygon: vertices });
    }
  }
  return parts;
};

const known = (value) => typeof value === "number" && Number.isFinite(value);

/** What is drawn of each product that has a place: its centre as a vector, and the parts of its region. */
export const footprints = (products) =>
  products
    .filter(({ s_ra, s_dec, s_region }) => (known(s_ra) && known(s_dec)) || parseRegion(s_region).length)
    .map(({ id, label, s_ra, s_dec, s_fov, s_region }) => {
      let parts = parseRegion(s_region);
      if (!parts.length && known(s_fov) && s_fov > 0) parts = [{ circle: [s_ra, s_dec, s_fov / 2] }];
      const [ra, dec] = known(s_ra) && known(s_dec) ? [s_ra, s_dec] : parts[0].circle || parts[0].polygon[0];
      return { id, label: String(label || ""), ra, dec, centre: vector(ra, dec), parts };
    });

const circleOutline = ([ra, dec, radius], steps) => {
  const centre = vector(ra, dec);
  const east = unit(cross([0, 0, 1], centre));
  const axes = Math.abs(dec) > 89.999 ? [[1, 0, 0], [0, 1, 0]] : [east, cross(centre, east)];
  const [c, s] = [Math.cos(radius * RAD), Math.sin(radius * RAD)];
  return Array.from({ length: steps + 1 }, (_, i) => {
    const [u, v] = [Math.cos((i * 2 * Math.PI) / steps) * s, Math.sin((i * 2 * Math.PI) / steps) * s];
    return [0, 1, 2].map((k) => c * centre[k] + u * axes[0][k] + v * axes[1][k]);
  });
};

const polygonOutline = (vertices) => {
  const corners = vertices.map(([ra, dec]) => vector(ra, dec));
  const outline = [];
  corners.forEach((from, i) => {
    const to = corners[(i + 1) % corners.length];
    const pieces = Math.max(1, Math.ceil(separation(from, to) / 2));
    for (let k = 0; k < pieces; k += 1) outline.push(unit(from.map((c, j) => c + ((to[j] - c) * k) / pieces)));
  });
  return [...outline, corners[0]];
};

/** The edge of a part of a region as vectors; a circle in so many steps. */
export const outline = (part, steps = 64) =>
  part.circle ? circleOutline(part.circle, steps) : polygonOutline(part.polygon);

const middle = (vectors) => unit(vectors.reduce((sum, v) => sum.map((c, i) => c + v[i]), [0, 0, 0]));

/** The sky around some places, north up and east left; `project` gives pixels or null for what lies behind. */
const localChart = (centre, radius, width, height) => {
  const [ra, dec] = position(centre);
  const east = [-Math.sin(ra * RAD), Math.cos(ra * RAD), 0];
  const north = cross(centre, east);
  const scale = Math.min(width, height) / 2 / Math.tan(radius * RAD);
  const project = (v) => {
    const depth = dot(v, centre);
    return depth < 0.05
      ? null
      : [width / 2 - (dot(v, east) / depth) * scale, height / 2 - (dot(v, north) / depth) * scale];
  };
  return { project, ra, dec, radius, whole: false, width, height };
};

/** The whole sky (Hammer's projection), right ascension growing to the left, 0 h in the middle. */
const allSkyChart = (width, height) => {
  const scale = Math.min(width / (4 * Math.SQRT2), height / (2 * Math.SQRT2)) * 0.97;
  const project = (v) => {
    const [ra, dec] = position(v);
    const longitude = (ra > 180 ? ra - 360 : ra) * RAD;
    const root = Math.sqrt(1 + Math.cos(dec * RAD) * Math.cos(longitude / 2));
    return [
      width / 2 - ((2 * Math.SQRT2 * Math.cos(dec * RAD) * Math.sin(longitude / 2)) / root) * scale,
      height / 2 - ((Math.SQRT2 * Math.sin(dec * RAD)) / root) * scale,
    ];
  };
  return { project, ra: 0, dec: 0, radius: 180, whole: true, width, height };
};

/** The chart that shows these footprints best. */
export const chart = (found, width, height) => {
  if (!found.length) return allSkyChart(width, height);
  const points = found.flatMap(({ centre, parts }) => [centre, ...parts.flatMap((part) => outline(part, 8))]);
  const centre = middle(points);
  const reach = points.reduce((most, v) => Math.max(most, separation(centre, v)), 0);
  return reach > LOCAL_RADIUS
    ? allSkyChart(width, height)
    : localChart(centre, Math.max(reach * 1.25, 0.002), width, height);
};

/** Where a pointer is in the units of the picture that was clicked. */
export const pointed = ({ currentTarget, clientX, clientY }) => {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(currentTarget.getScreenCTM().inverse());
  return [x, y];
};

/** An SVG path through places on the sky; it is lifted where it crosses the edge of the chart. */
export const path = (view, places) => {
  let last = null;
  return places
    .map((place) => {
      const point = view.project(place);
      const jump = !last || !point || Math.abs(point[0] - last[0]) > view.width / 2;
      last = point;
      return point ? `${jump ? "M" : "L"}${point[0].toFixed(1)} ${point[1].toFixed(1)}` : "";
    })
    .join("");
};

const range = (from, to, step) => {
  const values = [];
  for (let value = Math.ceil(from / step - 1e-9) * step; value <= to + 1e-9; value += step) values.push(value);
  return values.slice(0, 60);
};

const step = (span, lines) => STEPS.find((each) => span / each <= lines) || 30;
const text = (value, by) => value.toFixed(Math.max(0, Math.ceil(-Math.log10(by) - 1e-9)));

const wholeGrid = () => {
  const parallels = [-60, -30, 0, 30, 60].map((dec) => ({
    points: range(-180, 180, 5).map((ra) => vector(ra === 180 ? 179.999 : ra === -180 ? -179.999 : ra, dec)),
    label: dec ? `${dec > 0 ? "+" : ""}${dec}°` : "",
    at: vector(1, dec),
  }));
  const meridians = [-179.999, -120, -60, 0, 60, 120, 179.999].map((ra) => ({
    points: range(-90, 90, 5).map((dec) => vector(ra, dec)),
    label: Math.abs(ra) > 179 ? "" : `${(ra + 360) % 360}°`,
    at: vector(ra, 1),
  }));
  return [...parallels, ...meridians];
};

/** Lines of equal right ascension and declination with a label each. */
export const grid = (view) => {
  if (view.whole) return wholeGrid();
  const { ra, dec, radius } = view;
  const reach = radius * 2.1;
  const [south, north] = [Math.max(-89.9, dec - reach), Math.min(89.9, dec + reach)];
  const pole = Math.max(Math.abs(south), Math.abs(north)) > 88;
  const width = pole ? 180 : Math.min(180, reach / Math.cos(Math.max(Math.abs(south), Math.abs(north)) * RAD));
  const [byDec, byRa] = [step(2 * radius, 5), step(2 * width, 8)];
  const decs = range(south, north, byDec);
  const ras = range(ra - width, ra + width, byRa);
  const along = (from, to) => Array.from({ length: 41 }, (_, i) => from + ((to - from) * i) / 40);
  return [
    ...decs.map((value) => ({
      points: along(ra - width, ra + width).map((each) => vector(each, value)),
      label: `${value > 0 ? "+" : ""}${text(value, byDec)}°`,
      side: "dec",
    })),
    ...ras.map((value) => ({
      points: along(south, north).map((each) => vector(value, each)),
      label: `${text((value + 360) % 360, byRa)}°`,
      side: "ra",
    })),
  ];
};
