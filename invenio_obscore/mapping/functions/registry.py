"""What a function of the mapping language is, and how one becomes known."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_type_hints

from ...errors import ConfigurationError, MappingError
from ..values import NULL, describe, number_of, text_of, truth

ENTRY_POINT_GROUP = "invenio_obscore.mapping_functions"


def _whole(value: object) -> int:
    number = number_of(value)
    if number != int(number):
        raise MappingError(f"{describe(value)} is no whole number")
    return int(number)


def _real(value: object) -> float:
    return float(number_of(value))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    str: text_of,
    float: _real,
    int: _whole,
    bool: truth,
    list: _list,
}


@dataclass(frozen=True)
class Function:
    """A function: what it is called with, what it does, and how it is documented.

    Attributes
    ----------
    name
        As it is called in a mapping.
    call
        The Python function. Its annotations convert the arguments: ``str``, ``float``, ``int``, ``bool``, ``list``
        (a single value becomes a list of one); anything else comes as it is.
    group
        Its heading in the documentation.
    example, result
        A call and what it gives, tested.
    sees_nothing
        It is called even where an argument has no value (which is None then); others give no value themselves.
    lazy
        It gets functions without arguments instead of values, and calls those whose values it needs.
    scope
        Its first parameter is the scope: the headers, the file, the row.
    web
        A mapping that comes through the web may call it.
    file
        The user's Python file that defines it, where there is one.
    """

    name: str
    call: Callable[..., Any]
    group: str = "Your own"
    example: str = ""
    result: str = ""
    sees_nothing: bool = False
    lazy: bool = False
    scope: bool = False
    web: bool = True
    file: str = ""
    minimum: int = field(init=False)
    maximum: int | None = field(init=False)
    _converters: tuple[Callable[[Any], Any] | None, ...] = field(init=False, repr=False)
    _rest: Callable[[Any], Any] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parameters = self._parameters()
        hints = get_type_hints(self.call)
        single = [p for p in parameters if p.kind is not p.VAR_POSITIONAL]
        rest = next((p for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        put = object.__setattr__
        put(self, "minimum", sum(p.default is p.empty for p in single))
        put(self, "maximum", None if rest else len(single))
        put(self, "_converters", tuple(_CONVERSIONS.get(hints.get(p.name)) for p in single))
        put(self, "_rest", _CONVERSIONS.get(hints.get(rest.name)) if rest else None)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Another process loads the user's file itself."""
        return (_of_file, (self.file, self.name)) if self.file else super().__reduce__()

    def _parameters(self) -> list[inspect.Parameter]:
        parameters = list(inspect.signature(self.call).parameters.values())[1 if self.scope else 0 :]
        return [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]

    @property
    def doc(self) -> str:
        """What it does: the first paragraph of its docstring on one line."""
        return " ".join((inspect.getdoc(self.call) or "").split("\n\n")[0].split())

    @property
    def signature(self) -> str:
        """How it is called: ``split(text, separator, [most])``."""
        names = []
        for parameter in self._parameters():
            name = parameter.name.rstrip("_")
            if parameter.kind is parameter.VAR_POSITIONAL:
                names.append(f"{name} …")
            else:
                names.append(name if parameter.default is parameter.empty else f"[{name}]")
        return f"{self.name}({', '.join(names)})"

    def takes(self, count: int) -> bool:
        """Whether it may be called with so many arguments."""
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)

    def count_text(self) -> str:
        """How many arguments it takes, in words."""
        if self.maximum is None:
            return f"at least {self.minimum} argument{'s' * (self.minimum != 1)}"
        if self.minimum == self.maximum:
            return f"{self.minimum} argument{'s' * (self.minimum != 1)}"
        return f"{self.minimum} to {self.maximum} arguments"

    def __call__(self, scope: object, arguments: list[Any]) -> Any:  # noqa: ANN401
        """The result for evaluated arguments (for functions of them, where :attr:`lazy`).

        Raises
        ------
        MappingError
            The arguments do not suit, or the function failed in whatever way.
        """
        first = (scope,) if self.scope else ()
        if not self.lazy:
            arguments = [None if a is NULL else a for a in arguments]
            if not self.sees_nothing and any(a is None for a in arguments):
                return None
            arguments = [self._converted(i, a) for i, a in enumerate(arguments)]
        try:
            return self.call(*first, *arguments)
        except MappingError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a function does is that line's problem, shown with it
            raise MappingError(f"{self.name}: {str(error)[:200] or type(error).__name__}") from error

    def _converted(self, index: int, value: Any) -> Any:  # noqa: ANN401
        convert = self._converters[index] if index < len(self._converters) else self._rest
        if convert is None or value is None:
            return value
        try:
            return convert(value)
        except MappingError as error:
            raise MappingError(f"{self.name}: {error.message}", remedy=error.remedy) from None


class Functions(Mapping[str, Function]):
    """The functions that a mapping may call, by name."""

    def __init__(self, functions: tuple[Function, ...] = ()) -> None:
        self._by_name = {function.name: function for function in functions}

    def __getitem__(self, name: str) -> Function:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def with_(self, *functions: Function) -> Functions:
        """These and others (the same function again changes nothing).

        Raises
        ------
        ConfigurationError
            A name is taken by another function.
        """
        new = [f for f in functions if f.name not in self or self[f.name].call is not f.call]
        taken = [f.name for f in new if f.name in self]
        if taken:
            raise ConfigurationError(f"the mapping language has a function {taken[0]} already")
        return Functions((*self._by_name.values(), *new))


class Group:
    """Collects the functions of one module under one heading, with a decorator."""

    def __init__(self, heading: str) -> None:
        self.heading = heading
        self.functions: list[Function] = []

    def add(
        self,
        example: str,
        result: str,
        *,
        name: str = "",
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the decorated function; ``example`` gives ``result`` (both as in a mapping)."""

        def register(call: Callable[..., Any]) -> Callable[..., Any]:
            name_ = name or call.__name__.rstrip("_")
            self.functions.append(Function(name_, call, self.heading, example, result, **options))
            return call

        return register


def from_file(path: str | Path) -> tuple[Function, ...]:
    """The public functions that a user's Python file defines; it is run.

    Raises
    ------
    ConfigurationError
        The file cannot be read or run, or defines no function.
    """
    spec = importlib.util.spec_from_file_location("obscore_user_functions", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise ConfigurationError(f"{path}: no Python file", remedy="--functions takes a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigurationError(f"{path}: {type(error).__name__}: {error}") from error
    own = {n: f for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}
    functions = tuple(Function(name, call, file=str(path)) for name, call in own.items() if not name.startswith("_"))
    if not functions:
        raise ConfigurationError(f"{path}: defines no function")
    return functions


def _of_file(path: str, name: str) -> Function:
    return next(function for function in from_file(path) if function.name == name)


def installed() -> tuple[Function, ...]:
    """The functions that installed packages offer (entry points of :data:`ENTRY_POINT_GROUP`: a function each).

    Raises
    ------
    ConfigurationError
        An entry point that cannot be loaded or is no function.
    """
    found = []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            call = point.load()
        except Exception as error:
            raise ConfigurationError(f"entry point {point.name} = {point.value}: {error}") from error
        if not callable(call):
            raise ConfigurationError(f"entry point {point.name} = {point.value} is no function")
        found.append(call if isinstance(call, Function) else Function(point.name, call))
    return tuple(found)
