"""Sphinx settings; `sphinx-build -W docs docs/_build` must stay free of warnings."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import invenio_obscore

project = "invenio-obscore"
author = "The invenio-obscore authors"
copyright = "2026, the invenio-obscore authors"
release = version = invenio_obscore.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "generated"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "invenio-obscore"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
napoleon_google_docstring = False
autodoc_typehints = "description"
autodoc_mock_imports: list[str] = []
suppress_warnings = ["ref.python"]
