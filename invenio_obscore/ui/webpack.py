"""Our scripts and styles for the build of the instance's pages (entry point ``invenio_assets.webpack``)."""

from __future__ import annotations

import os

from invenio_assets.webpack import WebpackThemeBundle

_SCRIPTS = "./js/invenio_obscore"

#: Aladin Lite is under GPL-3: a file of its own that sky views load when looked at. Without it they are charts.
_OPTIONAL = {} if os.environ.get("OBSCORE_WITHOUT_ALADIN") else {"aladin-lite": "^3.8.2"}

theme = WebpackThemeBundle(
    "invenio_obscore",
    "assets",
    default="semantic-ui",
    themes={
        "semantic-ui": {
            "entry": {
                "invenio-obscore-deposit": f"{_SCRIPTS}/deposit/index.js",
                "invenio-obscore-products": f"{_SCRIPTS}/landing/index.js",
                "invenio-obscore-observations": f"{_SCRIPTS}/observations/index.js",
                "invenio-obscore-catalogues": f"{_SCRIPTS}/catalogues/index.js",
            },
            "dependencies": {
                # The mapping editor, a chunk of its own.
                "@codemirror/commands": "^6.6.0",
                "@codemirror/language": "^6.10.0",
                "@codemirror/lint": "^6.8.0",
                "@codemirror/state": "^6.5.0",
                "@codemirror/view": "^6.30.0",
                # The spreadsheet, another; it asks for lodash, marked and the carousel.
                "@glideapps/glide-data-grid": "^6.0.3",
                "@lezer/highlight": "^1.2.0",
                "lodash": "^4.17.19",
                "marked": "^4.0.10",
                "prop-types": "^15.7.2",
                "react-invenio-forms": "^4.0.0",
                "react-responsive-carousel": "^3.2.23",
                "sampjs": "^1.0.3",
                **_OPTIONAL,
            },
            "aliases": {
                "@js/invenio_obscore": "js/invenio_obscore",
                "@less/invenio_obscore": "less/invenio_obscore",
                "@translations/invenio_obscore": "translations/invenio_obscore",
            },
        },
    },
)
