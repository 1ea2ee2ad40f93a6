// Aladin Lite is an optional package under GPL-3: it is loaded as a file of its own when a sky view comes into sight.

import { i18next } from "@translations/invenio_obscore/i18next";
import { footprints } from "./SkyChartProjection";

const COLOUR = "#7fc4ff";
const CHOSEN = "#ffb347";

// Aladin's controls are pictures: names for people who hear the page.
const CONTROLS = [
  [".aladin-cooFrame, .aladin-input-select", i18next.t("Coordinate frame")],
  [".aladin-location-copy", i18next.t("Copy the position")],
  [".aladin-location input", i18next.t("Position of the centre")],
  ["button.aladin-zoom-out", i18next.t("Zoom out")],
  ["button.aladin-zoom-in", i18next.t("Zoom in")],
  [".aladin-fullScreen-control button", i18next.t("Full screen")],
];

const nameControls = (element) => {
  CONTROLS.forEach(([selector, name]) =>
    element.querySelectorAll(selector).forEach((control) => {
      if (control.matches("button, select, input")) control.setAttribute("aria-label", name);
    })
  );
  element.querySelectorAll("button:not([aria-label])").forEach((control) =>
    control.setAttribute("aria-label", i18next.t("Control of the sky view"))
  );
  element.querySelectorAll("img:not([alt])").forEach((picture) => picture.setAttribute("alt", ""));
};

/** The package, or an error where the pages were built without it or the browser cannot run it. */
export const loadAladin = async () => {
  try {
    const module = await import(/* webpackChunkName: "aladin-lite" */ "aladin-lite");
    await module.default.init;
    return module.default;
  } catch (error) {
    throw new Error(`Aladin Lite: ${error && error.message}`);
  }
};

const shapes = (A, found, options) =>
  found.parts.map((part) => (part.circle ? A.circle(...part.circle, options) : A.polygon(part.polygon, options)));

/** Aladin Lite in an element with the footprints; `select` is called with the identifier of one that is clicked. */
export class AladinSky {
  constructor(A, element) {
    this.A = A;
    this.aladin = A.aladin(element, {
      // No image layer and no list of them: Aladin would ask for its own again and again where there is no network.
      survey: [],
      hipsList: [],
      backgroundColor: "rgb(10, 20, 40)",
      fov: 180,
      cooFrame: "ICRS",
      log: false,
      showReticle: false,
      showCooGrid: true,
      showFrame: true,
      showCooLocation: true,
      showLayersControl: false,
      showFullscreenControl: true,
      showShareControl: false,
      showSimbadPointerControl: false,
      showContextMenu: false,
      showProjectionControl: false,
      showStatusBar: false,
    });
    this.overlay = A.graphicOverlay({ color: COLOUR, lineWidth: 2 });
    this.chosen = A.graphicOverlay({ color: CHOSEN, lineWidth: 4 });
    this.marks = A.catalog({ name: "products", shape: "circle", sourceSize: 12, color: COLOUR });
    this.aladin.addOverlay(this.overlay);
    this.aladin.addOverlay(this.chosen);
    this.aladin.addCatalog(this.marks);
    this.found = [];
    nameControls(element);
    // Some of them come later.
    window.setTimeout(() => nameControls(element), 500);
  }

  /** An image survey (address of a HiPS) behind the footprints, if it can be reached. */
  async background(survey) {
    try {
      const answer = await fetch(`${survey}/properties`, { credentials: "omit", referrerPolicy: "no-referrer" });
      if (answer.ok) this.aladin.setBaseImageLayer(this.A.HiPS(survey));
    } catch (error) {
      console.info("The sky has no background image:", error.message);
    }
  }

  onSelect(select) {
    // A pop-up of Aladin's would show text as HTML: none is opened.
    this.aladin.on("objectClicked", (object) => object && object.data && select(object.data.id));
  }

  show(products) {
    const { A } = this;
    this.found = footprints(products);
    this.overlay.removeAll();
    this.marks.removeAll();
    this.overlay.addFootprints(this.found.flatMap((each) => shapes(A, each, {})));
    this.marks.addSources(this.found.map(({ id, ra, dec }) => A.source(ra, dec, { id })));
    return this.found;
  }

  look({ ra, dec, radius, whole }) {
    this.aladin.setProjection(whole ? "AIT" : "SIN");
    this.aladin.gotoRaDec(ra, dec);
    this.aladin.setFoV(whole ? 360 : Math.min(180, Math.max(2.4 * radius, 0.005)));
  }

  select(id) {
    this.chosen.removeAll();
    const found = this.found.find((each) => each.id === id);
    if (found) shapes(this.A, found, { color: CHOSEN }).forEach((shape) => this.chosen.add(shape));
  }
}
