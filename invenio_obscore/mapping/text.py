"""From a text to a :class:`~.mapping.Mapping`: lines, sections, left sides, what can be known before any file."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import lru_cache

from ..errors import MappingError, ObsCoreError
from ..obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS
from ..obscore.vocabularies import CALIB_LEVELS, DATA_RIGHTS, DATAPRODUCT_TYPES
from .evaluation import Evaluator, OutOfTime
from .functions import BUILT_IN, Function, Functions, installed
from .language import ENVIRONMENT, is_keyword, is_structural, nearest, nearest_column
from .mapping import Mapping
from .nodes import EVERY_FILE, Assignment, Call, Cell, Constant, Keyword, Node, Section, Variable
from .parser import ExpressionParser
from .scope import Scope
from .tokens import Token, tokens
from .values import NULL, for_column

MAX_LINE = 2_000
MAX_CHARACTERS, MAX_LINES = 2_000_000, 20_000
MAX_WEB_CHARACTERS, MAX_WEB_LINES = 100_000, 1_000
MAX_PATTERN = 200
WEB_SECONDS = 2.0
#: Time for the values that can be computed before any file; those beyond are checked with each file.
CHECK_SECONDS = 2.0

_LINE_END = re.compile(r"\r\n|\r|\n")
_TERMS = {
    "dataproduct_type": DATAPRODUCT_TYPES,
    "data_rights": DATA_RIGHTS,
    "calib_level": tuple(map(str, CALIB_LEVELS)),
}


@lru_cache(maxsize=1)
def _known() -> Functions:
    return BUILT_IN.with_(*installed())


def parse(text: str | bytes, *, functions: tuple[Function, ...] = (), web: bool = False) -> Mapping:
    """The mapping that a text describes.

    Parameters
    ----------
    text
        Lines of a mapping file (bytes: UTF-8).
    functions
        A user's own functions, beside the built-in ones and those that installed packages offer.
    web
        The text comes from a web user: as :func:`safe_for_web`, and its size is looked at first.

    Raises
    ------
    MappingError
        The first line that is wrong, with line and column; :func:`check` gives all of them.
    ConfigurationError
        A function has a name that is taken, or an installed one cannot be loaded.
    """
    if web and len(text) > MAX_WEB_CHARACTERS:
        raise _too_large()
    mapping, errors = _parsed(text, _known().with_(*functions))
    if errors:
        raise errors[0]
    return safe_for_web(mapping) if web else mapping


def check(text: str | bytes, *, functions: tuple[Function, ...] = (), web: bool = False) -> list[MappingError]:
    """Everything that is wrong in a mapping text, in the order of its lines; empty where it is right."""
    if web and len(text) > MAX_WEB_CHARACTERS:
        return [_too_large()]
    mapping, errors = _parsed(text, _known().with_(*functions))
    if web:
        errors += _web_errors(mapping)
    return sorted(errors, key=lambda e: (e.line, e.column))


def safe_for_web(mapping: Mapping) -> Mapping:
    """The mapping as one that a web user sent: it will see no path and no environment.

    Raises
    ------
    MappingError
        It is too large, assigns a column of the system's, reads the environment or calls what only the operator may.
    """
    errors = _web_errors(mapping)
    if errors:
        raise errors[0]
    return replace(mapping, web=True, seconds=WEB_SECONDS)


def _web_errors(mapping: Mapping) -> list[MappingError]:
    if len(mapping.text) > MAX_WEB_CHARACTERS or len(mapping.assignments) > MAX_WEB_LINES:
        return [_too_large()]
    return [error for line in mapping.assignments for error in _web_errors_of(line, mapping.functions)]


def _too_large() -> MappingError:
    limits = f"{MAX_WEB_LINES} lines and {MAX_WEB_CHARACTERS} characters are the limits"
    return MappingError("the mapping is too large", line=1, column=1, remedy=limits)


def _web_errors_of(line: Assignment, functions: Functions) -> list[MappingError]:
    errors = []
    if line.target in SYSTEM_COLUMNS and line.kind == "column":
        errors.append(MappingError(f"{line.target} is set by the server", line=line.line, column=line.column))
    for node in line.expression.walk():
        reason = ""
        if isinstance(node, Variable) and node.name.startswith(ENVIRONMENT):
            reason = f"${node.name}: a mapping sent through the web reads no environment"
        elif isinstance(node, Call) and not functions[node.function].web:
            reason = f"{node.function} cannot be called through the web"
        if reason:
            errors.append(MappingError(reason, line=line.line, column=node.column))
    return errors


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        raise MappingError("not UTF-8", line=line, column=column, remedy="save the file as UTF-8") from None


def _parsed(text: str | bytes, functions: Functions) -> tuple[Mapping, list[MappingError]]:
    try:
        text = _decoded(text)
    except MappingError as error:
        return Mapping(functions=functions), [error]
    lines = _LINE_END.split(text) if len(text) <= MAX_CHARACTERS else []
    if len(text) > MAX_CHARACTERS or len(lines) > MAX_LINES:
        return Mapping(functions=functions), [MappingError("the mapping is too large", line=1, column=1)]
    assignments, errors = _lines(lines, functions)
    return Mapping(text, tuple(assignments), functions), errors


def _lines(lines: list[str], functions: Functions) -> tuple[list[Assignment], list[MappingError]]:
    assignments: list[Assignment] = []
    errors: list[MappingError] = []
    section = EVERY_FILE
    until = time.monotonic() + CHECK_SECONDS
    for number, line in enumerate(lines, 1):
        try:
            if len(line) > MAX_LINE:
                raise MappingError(f"a line of more than {MAX_LINE} characters", line=number, column=MAX_LINE + 1)
            if line.lstrip().startswith("["):
                section = _section(line, number)
                continue
            assignment = _assignment(line, number, section, functions, until)
            if assignment:
                assignments.append(assignment)
        except MappingError as error:
            errors.append(error)
    return assignments, errors


def _section(line: str, number: int) -> Section:
    text = line.strip()
    start = line.index("[") + 1
    match = re.fullmatch(r"\[(.*)\]\s*(?:#.*)?", text) if len(text) <= MAX_LINE else None
    if match is None:
        raise MappingError("the section is not closed with ]", line=number, column=start)
    patterns = tuple(filter(None, (p.strip().strip("'\"") for p in _outside_brackets(match[1]))))
    if not patterns:
        raise MappingError(
            "a section names at least one pattern", line=number, column=start, remedy="[*] is every file"
        )
    if any(len(p) > MAX_PATTERN or p.count("*") > 20 for p in patterns):
        raise MappingError("the pattern is too long", line=number, column=start)
    return EVERY_FILE if patterns == ("*",) else Section(patterns)


def _outside_brackets(text: str) -> list[str]:
    """The text split at commas that are not in a set such as ``[a,b]``."""
    return re.findall(r"(?:\[[^\]]*\]|[^,\[]|\[)+", text)


def _assignment(line: str, number: int, section: Section, functions: Functions, until: float) -> Assignment | None:
    found = list(tokens(line, number))
    if found[0].kind == "end":
        return None
    parser = ExpressionParser(line, found, number, functions)
    start = parser.token
    target, kind, hdu = _target(parser, number)
    force = parser.accept(":=")
    if not force and not parser.accept(":"):
        raise parser.error(
            f"expected ':' or ':=' after {target}, found {parser.token.describe()}",
            remedy="':' fills where there is no value, ':=' overrides",
        )
    if parser.token.kind == "end":
        raise parser.error(f"{target} gets no value", remedy="null empties a column")
    expression = parser.expression()
    if parser.token.kind != "end":
        raise parser.error(f"expected the end of the line, found {parser.token.describe()}")
    assignment = Assignment(number, start.column, target, kind, hdu, force, expression, section, line.strip())
    _check(assignment, functions, until)
    return assignment


def _target(parser: ExpressionParser, number: int) -> tuple[str, str, str]:
    """Target, kind and HDU of a left side."""
    first = parser.advance()
    following = parser.token
    if following.kind == "operator" and following.text == "." and following.column == first.end:
        parser.advance()
        return _keyword(parser, parser.advance()), "keyword", first.text
    if first.kind in ("capital", "quoted"):
        return _keyword(parser, first), "keyword", ""
    if first.kind == "name" and first.text in ALL_COLUMNS:
        return first.text, "column", ""
    raise _no_target(parser, first)


def _no_target(parser: ExpressionParser, token: Token) -> MappingError:
    if token.kind != "name":
        return parser.error(f"a line begins with a column or a keyword, found {token.describe()}", token=token)
    capitals = f"a FITS keyword is written in capitals: {token.text.upper()}" if is_keyword(token.text.upper()) else ""
    near = nearest_column(token.text)
    return parser.error(
        f"{token.text[:40]!r} is no ObsCore column", token=token, remedy="; ".join(filter(None, (near, capitals)))
    )


def _keyword(parser: ExpressionParser, token: Token) -> str:
    if token.kind not in ("capital", "quoted"):
        raise parser.error(f"expected a FITS keyword in capitals, found {token.describe()}", token=token)
    name = parser.keyword(token)
    if is_structural(name):
        raise parser.error(f"{name} describes the bytes of the file; a mapping cannot change it", token=token)
    if name.lower() in ALL_COLUMNS and len(name) > 8:
        raise parser.error(f"{name} is no FITS keyword", token=token, remedy=f"the column is written {name.lower()}")
    if " " not in name and len(name) > 8 and (near := nearest_column(name)):
        raise parser.error(f"{name} is longer than a FITS keyword", token=token, remedy=near)
    return name


# -- what can be known before any file -------------------------------------------------------------------------------
def _check(line: Assignment, functions: Functions, until: float) -> None:
    """Find what is wrong for every file: a keyword line that reads columns, a constant that the column cannot hold."""
    nodes = list(line.expression.walk())
    if line.kind == "keyword":
        cell = next((n for n in nodes if isinstance(n, Cell)), None)
        if cell:
            raise MappingError(
                f"{cell.name} has no value yet: keyword lines act before the columns are filled",
                line=line.line,
                column=cell.column,
            )
        return
    if not all(_is_constant(node, functions) for node in nodes):
        return
    begin = min(node.column for node in nodes)
    try:
        value = for_column(line.target, Evaluator(Scope(), functions, until).value(line))
    except OutOfTime:
        return
    except ObsCoreError as error:
        column = getattr(error, "column", 0) if isinstance(error, MappingError) else 0
        raise MappingError(error.message, line=line.line, column=column or begin, remedy=error.remedy) from None
    _check_term(line, value)


def _check_term(line: Assignment, value: object) -> None:
    terms = _TERMS.get(line.target)
    if terms is None or value is None or value is NULL or str(value) in terms:
        return
    raise MappingError(
        f"{line.target} holds one of {', '.join(terms)}; {value!r} is none",
        line=line.line,
        column=line.expression.column,
        remedy=nearest(str(value), terms),
    )


def _is_constant(node: Node, functions: Functions) -> bool:
    """Whether a node looks at no file; users' own functions are not called before there is one."""
    if isinstance(node, Call):
        function = functions[node.function]
        return not function.scope and node.function in BUILT_IN
    return isinstance(node, Constant) or not isinstance(node, (Keyword, Cell, Variable))
