// Texts of ObsCore values for people, as ui/presentation.py writes them.

const MINUS = "\u2212";
const DASH = "\u2013";
const THIN = "\u202f";
const NO_BREAK = "\u00a0";
const MS_PER_DAY = 86400000;
const MJD_OF_1970 = 40587;

// From this wavelength in metres on: unit, and metres a unit.
const WAVELENGTHS = [
  [1, "m", 1],
  [1e-2, "cm", 1e-2],
  [1e-3, "mm", 1e-3],
  [1e-6, "µm", 1e-6],
  [1e-10, "nm", 1e-9],
  [0, "pm", 1e-12],
];
// Shorter ones are photon energies, as those who observe there speak of them: from so many electronvolts on.
const GAMMA = 1e-11;
const METRES_EV = 1.239841984e-6;
const ENERGIES = [
  [1e12, "TeV", 1e12],
  [1e9, "GeV", 1e9],
  [1e6, "MeV", 1e6],
  [0, "keV", 1e3],
];

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

const short = (value, digits) => String(Number(value.toPrecision(digits)));

/** Degrees as `05:34:31.90` (hours) or `+22:00:52.0`. */
export const sexagesimal = (degrees, { hours = false } = {}) => {
  if (!isNumber(degrees)) return "";
  const digits = hours ? 2 : 1;
  const total = Math.round(Math.abs(hours ? degrees / 15 : degrees) * 3600 * 10 ** digits);
  const perMinute = 60 * 10 ** digits;
  const first = Math.floor(total / (60 * perMinute));
  const minutes = Math.floor(total / perMinute) % 60;
  const seconds = ((total % perMinute) / 10 ** digits).toFixed(digits).padStart(digits + 3, "0");
  const sign = hours ? "" : degrees < 0 ? MINUS : "+";
  const two = (number) => String(number).padStart(2, "0");
  return `${sign}${two(hours ? first % 24 : first)}:${two(minutes)}:${seconds}`;
};

/** A wavelength in metres in the unit that suits it. */
export const wavelength = (metres, digits = 5) => {
  if (!isNumber(metres)) return "";
  const energetic = metres > 0 && metres < GAMMA;
  const [value, units] = energetic ? [METRES_EV / metres, ENERGIES] : [metres, WAVELENGTHS];
  const [, unit, size] = units.find(([from]) => value >= from * 0.9999) || units[units.length - 1];
  return `${short(value / size, digits)}${THIN}${unit}`;
};

/** An MJD as ISO date, with the time to the second where there is one. */
export const isoDate = (mjd, { day = false } = {}) => {
  if (!isNumber(mjd)) return "";
  const date = new Date(Math.round((mjd - MJD_OF_1970) * MS_PER_DAY));
  if (Number.isNaN(date.getTime())) return "";
  return day ? date.toISOString().slice(0, 10) : date.toISOString().slice(0, 19).replace("T", " ");
};

export const position = ({ s_ra: ra, s_dec: dec }) => {
  if (!isNumber(ra) || !isNumber(dec)) return "";
  return `${ra.toFixed(4)}${NO_BREAK}${dec < 0 ? MINUS : "+"}${Math.abs(dec).toFixed(4)}`;
};

const interval = (low, high, text) => {
  const begin = text(isNumber(low) ? low : high);
  const end = text(isNumber(high) ? high : low);
  return begin === end ? begin : `${begin}${NO_BREAK}${DASH} ${end}`;
};

export const spectralCoverage = ({ em_min: low, em_max: high }) => interval(low, high, wavelength);

export const timeCoverage = ({ t_min: low, t_max: high }) =>
  interval(low, high, (mjd) => isoDate(mjd, { day: true }));

const degrees = (value) => {
  if (value >= 1) return "";
  return value >= 1 / 60 ? `${short(value * 60, 3)}′` : `${short(value * 3600, 3)}″`;
};

const seconds = (value) => {
  if (value >= 86400) return `${short(value / 86400, 3)}${THIN}d`;
  if (value >= 3600) return `${short(value / 3600, 3)}${THIN}h`;
  return value >= 120 ? `${short(value / 60, 3)}${THIN}min` : "";
};

// Columns whose values are read more easily in another form.
const BESIDE = {
  s_ra: (value) => sexagesimal(value, { hours: true }),
  s_dec: (value) => sexagesimal(value),
  s_fov: degrees,
  t_min: isoDate,
  t_max: isoDate,
  t_exptime: seconds,
  em_min: wavelength,
  em_max: wavelength,
  em_resolution: wavelength,
};

/** What stands beside a value, in another form; an empty text where nothing helps. */
export const beside = (column, value) => (isNumber(value) && BESIDE[column] ? BESIDE[column](value) : "");

/** A value to be read: a number without the last, binary digits. */
export const readable = (value) => plain(isNumber(value) ? Number(value.toPrecision(12)) : value);

/** A value as it stands in a cell. */
export const plain = (value) => (value === null || value === undefined ? "" : String(value));
