// Pictures that are still being drawn when the page is made: asked for until they are there or there is a reason.

import { i18next } from "@translations/invenio_obscore/i18next";
import axios from "axios";

const FIRST_WAIT = 1500;
const LONGEST_WAIT = 15000;
const MOST_QUESTIONS = 40;
const COMING = ["queued", "drawing"];

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What is known of a picture, in words, once it is no longer being drawn. */
export const settled = async (address) => {
  let wait = FIRST_WAIT;
  for (let question = 0; question < MOST_QUESTIONS; question += 1) {
    const { data } = await axios.get(address, { headers: { Accept: "application/json" } });
    if (!COMING.includes(data.state)) return data;
    await pause(wait);
    wait = Math.min(wait * 1.5, LONGEST_WAIT);
  }
  return { state: "failed", message: i18next.t("The picture is not there yet.") };
};

const show = (place, address, { state, alt, message }) => {
  if (state !== "done") {
    place.textContent = message || i18next.t("No picture");
    return;
  }
  const link = document.createElement("a");
  link.href = `${address}&size=large`;
  const row = place.closest("[data-obscore-row]");
  if (row) link.dataset.obscoreOpen = row.dataset.obscoreRow;
  const image = document.createElement("img");
  image.src = `${address}&size=thumbnail`;
  image.alt = alt;
  link.append(image);
  place.replaceWith(link);
};

export const watchPictures = (places) =>
  places.forEach(async (place) => {
    const address = place.dataset.obscoreWaiting;
    try {
      show(place, address, await settled(address));
    } catch (error) {
      place.textContent = i18next.t("No picture");
      console.info("A picture cannot be asked for:", error.message);
    }
  });
