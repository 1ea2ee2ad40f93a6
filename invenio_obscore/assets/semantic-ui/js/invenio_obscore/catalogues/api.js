// Requests of the documentalists' pages; what one draft's panel asks is in ../deposit/api.js.

import { ifMatch, send } from "../deposit/api";

/** Arguments of an address: lists are repeated, what is empty is left out. */
const asked = (values) => {
  const params = new URLSearchParams();
  Object.entries(values).forEach(([name, value]) => {
    [value].flat().forEach((each) => {
      if (each !== undefined && each !== "") params.append(name, each);
    });
  });
  return params;
};

export const catalogues = (query, cancelToken) =>
  send({ url: "/api/obscore/catalogues", params: asked(query), cancelToken });

/** Make a draft of a published record. */
export const openDraft = (url) => send({ method: "post", url });

const post = (url, data, headers) => send({ method: "post", url, data, headers });
const OCTETS = { "Content-Type": "application/octet-stream" };

/** Requests about the rows of one draft; `base` is the address of the draft itself. */
export const sheetApi = (base) => {
  const at = (path) => `${base}/obscore${path}`;
  return {
    rows: (query) => send({ url: at("/products"), params: asked(query) }),
    edit: (revision, body) => post(at("/edits"), body, ifMatch(revision)),
    task: (id) => send({ url: at(`/edits/${id}`) }),
    history: () => send({ url: at("/edits") }),
    undo: (revision) => post(at("/edits/undo"), {}, ifMatch(revision)),
    redo: (revision) => post(at("/edits/redo"), {}, ifMatch(revision)),
    differences: (page, size) => send({ url: at("/differences"), params: { page, size } }),
    reruns: () => send({ url: at("/reruns") }),
    beginRerun: (mapping) => post(at("/reruns"), { mapping, extractor: "present" }),
    rerun: (id, page, size) => send({ url: at(`/reruns/${id}`), params: { page, size } }),
    acceptRerun: (id, revision) => post(at(`/reruns/${id}/accept`), {}, ifMatch(revision)),
    dropRerun: (id) => send({ method: "delete", url: at(`/reruns/${id}`) }),
    tableUrl: (format) => `${at("/table")}?format=${format}`,
    compareTable: (file) => post(at("/table/differences"), file, OCTETS),
    takeInTable: (revision, file) =>
      send({ method: "put", url: at("/table"), data: file, headers: { ...OCTETS, ...ifMatch(revision) } }),
  };
};
