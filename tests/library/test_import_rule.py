"""The import rule of docs/architecture.md, read from the source itself."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = "invenio_obscore"
ROOT = Path(__file__).parents[2] / PACKAGE

LIBRARY = {"errors", "obscore", "fits", "extraction"}
# What each part may import of the others; a part may always import itself.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "obscore": {"errors"},
    "fits": {"errors", "obscore"},
    "extraction": {"errors", "obscore", "fits"},
    "mapping": LIBRARY,
    "curation": LIBRARY,
    "batch": LIBRARY | {"workers"},
    "workers": set(),
    "spool": set(),
    "response": LIBRARY | {"tables", "curation", "spool"},
    "pipeline": LIBRARY | {"mapping", "curation", "batch", "response"},
    "tables": LIBRARY | {"mapping", "formats"},
    "previews": LIBRARY,
    "reader_main": LIBRARY | {"mapping", "pipeline"},
    "cli": LIBRARY | {"mapping", "curation", "tables", "pipeline", "response"},
    "adql": {"errors", "obscore"},
    "formats": {"errors", "obscore"},
    "dali": {"errors", "obscore"},
    "registry": {"errors", "obscore", "dali"},
    "db": {"errors", "obscore", "adql", "formats", "dali", "registry"},
}
EVERYTHING = {"rdm", "vo", "ui", "ext", "config", ""}
LIBRARY_PARTS = set(ALLOWED) - {"db"}
FRAMEWORKS = ("flask", "sqlalchemy", "psycopg", "psycopg2", "celery", "invenio", "werkzeug", "kombu", "marshmallow")
MAY_IMPORT_FRAMEWORKS = {"db", "rdm", "vo", "ui", "ext", "config"}


def part_of(module: str) -> str:
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def modules() -> list[tuple[str, bool, Path]]:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        pieces = path.relative_to(ROOT.parent).with_suffix("").parts
        package = pieces[-1] == "__init__"
        found.append((".".join(pieces[:-1] if package else pieces), package, path))
    return found


def imports(module: str, package: bool, source: str) -> set[str]:
    """Every module that a source names in an import, wherever it stands; `from . import x` gives both."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                pieces = module.split(".")
                kept = len(pieces) - node.level + package
                base = ".".join(pieces[:kept] + ([base] if base else []))
            names.add(base)
            if base == PACKAGE:
                names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def needed(module: str, package: bool, source: str, known: set[str]) -> set[str]:
    """The modules of ours that an import names, itself or as that of the name it takes; packages only hand on."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            (base,) = imports(module, package, ast.unparse(node)) - {f"{PACKAGE}.{alias.name}" for alias in node.names}
            found |= {name if (name := f"{base}.{alias.name}") in known else base for alias in node.names}
    return found & known - {module}


def test_no_module_needs_itself_by_way_of_others() -> None:
    every = modules()
    known = {name for name, package, _ in every if not package}
    graph = {name: needed(name, package, path.read_text("utf-8"), known) for name, package, path in every}
    assert list(graphlib.TopologicalSorter(graph).static_order())


def is_framework(name: str) -> bool:
    root = name.split(".")[0]
    return root != PACKAGE and any(root == f or root.startswith(f"{f}_") for f in FRAMEWORKS)


def violations(module: str, names: set[str]) -> list[str]:
    part = part_of(module)
    wrong = []
    if part not in MAY_IMPORT_FRAMEWORKS:
        wrong += [name for name in names if is_framework(name)]
    own = {part_of(name) for name in names if name.startswith(f"{PACKAGE}.")} - {part, "", "__version__"}
    if part in ALLOWED:
        wrong += sorted(own - ALLOWED[part])
    elif part in ("rdm", "vo"):
        wrong += sorted(own & ({"rdm", "vo"} - {part}))
    return wrong


@pytest.mark.parametrize(("module", "package", "path"), modules(), ids=lambda v: v if isinstance(v, str) else "")
def test_each_module_imports_only_what_its_part_may_see(module: str, package: bool, path: Path) -> None:
    # The root hands out the library's front door lazily (PEP 562); it names modules, it imports none of them.
    if module == PACKAGE:
        assert not [n for n in imports(module, package, path.read_text("utf-8")) if is_framework(n)]
        return
    assert not violations(module, imports(module, package, path.read_text("utf-8")))


def test_every_part_is_in_the_rule() -> None:
    parts = {part_of(name) for name, _, _ in modules()}
    assert parts <= set(ALLOWED) | EVERYTHING


def test_extraction_sees_neither_mapping_nor_curation() -> None:
    assert violations("invenio_obscore.extraction.rules", {"invenio_obscore.mapping.text"}) == ["mapping"]
    assert violations("invenio_obscore.extraction.rules", {"invenio_obscore.curation"}) == ["curation"]


def test_the_rule_finds_what_it_forbids() -> None:
    relative = imports("invenio_obscore.vo.tap", False, "from ..rdm import tasks\nfrom .. import rdm")
    assert violations("invenio_obscore.vo.tap", relative) == ["rdm"]
    inside = imports("invenio_obscore.fits.reading", False, "def f():\n    import flask.globals")
    assert violations("invenio_obscore.fits.reading", inside) == ["flask.globals"]
    assert violations("invenio_obscore.adql.parser", {"invenio_obscore.db.ddl", "psycopg"}) == ["psycopg", "db"]


def test_importing_the_library_leaves_the_frameworks_unloaded() -> None:
    library = [n for n, _, _ in modules() if part_of(n) in LIBRARY_PARTS and not n.endswith("__main__")]
    code = (
        f"import sys, importlib\nfor name in {library!r}:\n    importlib.import_module(name)\n"
        f"loaded = sorted(m for m in sys.modules if m.split('.')[0].split('_')[0] in {FRAMEWORKS!r})\n"
        f"print(*[m for m in loaded if m.split('.')[0] != {PACKAGE!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
