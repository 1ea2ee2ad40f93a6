// The data products of a record's page. The table is there without scripts; these add views, pictures and actions.
import "@less/invenio_obscore/landing.less";
import "@less/invenio_obscore/theme.less";
import React from "react";
import ReactDOM from "react-dom";
import { Products } from "./Products";
import { watchPictures } from "./pictures";

const element = document.getElementById("obscore-products-views");
if (element) {
  ReactDOM.render(<Products {...JSON.parse(element.dataset.products)} />, element);
}
watchPictures(document.querySelectorAll("[data-obscore-waiting]"));
