// The panel's requests. Every failure becomes a `RequestError` that says what kind it is and what to tell people.

import { i18next } from "@translations/invenio_obscore/i18next";
import axios from "axios";

const client = axios.create({
  withCredentials: true,
  xsrfCookieName: "csrftoken",
  xsrfHeaderName: "X-CSRFToken",
  headers: { "Accept": "application/json", "Content-Type": "application/json" },
  timeout: 60000,
});

export const OFFLINE = "offline";
export const CONFLICT = "conflict";
export const INVALID = "invalid";
export const DENIED = "denied";
export const GONE = "gone";
export const FAILED = "failed";

const KINDS = { 400: INVALID, 401: DENIED, 403: DENIED, 404: GONE, 409: INVALID, 412: CONFLICT, 413: INVALID };

const WORDS = {
  [OFFLINE]: i18next.t("The server cannot be reached. What you typed is kept here; try again."),
  [CONFLICT]: i18next.t("Somebody else, or you in another tab, changed this meanwhile."),
  [DENIED]: i18next.t("You are not logged in any more, or may not do this."),
  [GONE]: i18next.t("It is not there any more."),
  [FAILED]: i18next.t("The server made a mistake. What you typed is kept here; try again."),
};

export class RequestError extends Error {
  constructor(kind, message, fields = {}, errors = []) {
    super(message);
    this.kind = kind;
    // Message by field, and the errors as the server sent them.
    this.fields = fields;
    this.errors = errors;
  }
}

const explained = (error) => {
  if (!error.response) return new RequestError(OFFLINE, WORDS[OFFLINE]);
  const { status, data } = error.response;
  const kind = KINDS[status] || FAILED;
  const errors = Array.isArray(data?.errors) ? data.errors : [];
  const fields = {};
  errors.forEach(({ field, messages }) => {
    fields[String(field).split(".").pop()] = (messages || []).join(" ");
  });
  const said = typeof data?.message === "string" ? data.message : "";
  return new RequestError(kind, kind === INVALID || kind === GONE ? said || WORDS[FAILED] : WORDS[kind], fields, errors);
};

export const send = async (options) => {
  try {
    const { data } = await client.request(options);
    return data;
  } catch (error) {
    if (axios.isCancel(error)) throw error;
    throw explained(error);
  }
};

export const ifMatch = (revision) => ({ "If-Match": `"${revision}"` });
const where = ({ file, product }) => ({ file, product });

/** Requests about one draft; `base` is the address of the draft itself. */
export const draftApi = (base) => {
  const at = (path) => `${base}/obscore${path}`;
  const of = (path, { file, product }) => `${at(path)}?${new URLSearchParams({ file, product })}`;
  return {
    headerUrl: (address) => of("/header", address),
    pictureUrl: (address) => of("/preview", address),
    check: () => send({ url: at("/check") }),
    products: (params, cancelToken) => send({ url: at("/products"), params, cancelToken }),
    outlines: (params) => send({ url: at("/outlines"), params }),
    product: (address) => send({ url: at("/product"), params: where(address) }),
    correct: (address, revision, data) =>
      send({ method: "patch", url: at("/product"), params: where(address), headers: ifMatch(revision), data }),
    understood: (address, corrections) =>
      send({ method: "post", url: at("/typed"), params: where(address), data: { corrections } }),
    similar: (address) => send({ url: at("/similar"), params: where(address) }),
    correctSimilar: (address, revision, data) =>
      send({ method: "post", url: at("/similar"), params: where(address), headers: ifMatch(revision), data }),
    lookUp: (address) => send({ method: "post", url: at("/lookup"), data: { products: [where(address)] } }),
    accept: (address, revision, proposals) =>
      send({
        method: "post",
        url: at("/lookup/accept"),
        params: where(address),
        headers: ifMatch(revision),
        data: { proposals: proposals.map(({ column, value, service }) => ({ column, value, service })) },
      }),
    retry: (file) => send({ method: "post", url: at("/retry"), params: { file } }),
    mapping: () => send({ url: at("/mapping") }),
    saveMapping: (revision, mapping) =>
      send({ method: "put", url: at("/mapping"), headers: ifMatch(revision), data: { mapping } }),
    mappings: () => send({ url: at("/mappings") }),
    preview: (mapping) => send({ method: "post", url: at("/mapping/preview"), data: { mapping } }),
    beginCount: (mapping) => send({ method: "post", url: at("/mapping/count"), data: { mapping } }),
    count: () => send({ url: at("/mapping/count") }),
  };
};
