// Sending to desktop programs by SAMP's web profile (SAMP 1.3, section 5): the hub asks the user before it lets us in.

const NAME = "Data repository";

/** What is said to the programs: message type, what it carries, and who understands it. */
const IMAGE_TYPES = ["image", "cube"];

export const messageFor = (product) => {
  const url = new URL(product.access_url, window.location.href).href;
  const named = { url, name: product.label };
  if (product.dataproduct_type === "spectrum") {
    const meta = { "Access.Reference": url, "Access.Format": product.access_format || "application/fits" };
    return { type: "spectrum.load.ssa-generic", parameters: { ...named, meta, "spectrum-id": product.obs_publisher_did } };
  }
  if (IMAGE_TYPES.includes(product.dataproduct_type)) {
    return { type: "image.load.fits", parameters: { ...named, "image-id": product.obs_publisher_did } };
  }
  return { type: "table.load.fits", parameters: { ...named, "table-id": product.obs_publisher_did } };
};

export const messageForTable = (url, name) => ({
  type: "table.load.votable",
  parameters: { url: new URL(url, window.location.href).href, name, "table-id": url },
});

/** Sends a message to every program that takes its type; rejects where no hub runs or the user says no. */
export const send = async ({ type, parameters }) => {
  const { samp } = await import(/* webpackChunkName: "sampjs" */ "sampjs");
  const connector = new samp.Connector(NAME, { "samp.name": NAME, "samp.description.text": document.title });
  return new Promise((resolve, reject) => {
    connector.runWithConnection(
      (connection) => {
        connection.notifyAll([new samp.Message(type, parameters)], resolve, reject);
        // The hub forgets us with the page; until then it need not ask again.
      },
      (error) => reject(error)
    );
  });
};
