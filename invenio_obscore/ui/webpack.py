"""Our scripts and styles for the build of the instance's pages (entry point ``invenio_assets.webpack``)."""

from __future__ import annotations

from invenio_assets.webpack import WebpackThemeBundle

_SCRIPTS = "./js/invenio_obscore"

theme = WebpackThemeBundle(
    "invenio_obscore",
    "assets",
    default="semantic-ui",
    themes={
        "semantic-ui": {
            "entry": {
                "invenio-obscore-deposit": f"{_SCRIPTS}/deposit/index.js",
                "invenio-obscore-products": f"{_SCRIPTS}/landing/index.js",
            },
            "dependencies": {
                "prop-types": "^15.7.2",
                "react-invenio-forms": "^4.0.0",
            },
            "aliases": {
                "@js/invenio_obscore": "js/invenio_obscore",
                "@less/invenio_obscore": "less/invenio_obscore",
                "@translations/invenio_obscore": "translations/invenio_obscore",
            },
        },
    },
)
