// The pages of the documentalists: the list of catalogues, and one of them as a spreadsheet.
import "@less/invenio_obscore/theme.less";
import "@less/invenio_obscore/deposit.less";
import "@less/invenio_obscore/catalogues.less";
import React from "react";
import ReactDOM from "react-dom";
import { CatalogueList } from "./CatalogueList";
import { Sheet } from "./Sheet";

const list = document.getElementById("obscore-catalogues");
if (list) ReactDOM.render(<CatalogueList sheets={list.dataset.sheets} />, list);

const sheet = document.getElementById("obscore-sheet");
if (sheet) ReactDOM.render(<Sheet recid={sheet.dataset.recid} />, sheet);
