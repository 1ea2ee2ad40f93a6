"""What function calls mean: signatures, and the geometries of ADQL 2.1, section 4.2."""

from __future__ import annotations

from collections.abc import Callable

from ...obscore.regions import Circle, Polygon, box, parse_region
from .. import nodes
from ..functions import FUNCTIONS, Function, Parameter
from ..resolved import Constant, Convert, Flag, FunctionCall, Overlap, Shape, Value, Within
from ..source import shown
from ..types import GEOMETRIES, INTEGERS, NUMBERS, Type, common_type
from ..words import AGGREGATE_WORDS
from .conditions import Conditions
from .values import constant_number, is_constant_text

_FRAMES = ("", "ICRS", "UNKNOWN", "UNKNOWNFRAME", "J2000")


class Calls(Conditions):
    """Adds functions to :class:`.Conditions`."""

    def special(self) -> dict[str, Callable[..., Value]]:
        """Functions that a signature does not describe, by name in upper case."""
        return _SPECIAL

    def call(self, node: nodes.Call) -> Value:
        """Resolve a function."""
        name = node.name.upper()
        special = self.special()
        if name in special:
            return special[name](self, node)
        signatures = FUNCTIONS.get(name)
        if signatures is None:
            known = [*FUNCTIONS, *special, *AGGREGATE_WORDS]
            raise self.source.name_error(node.at, f"there is no function {shown(node.name)}", node.name, known)
        return self._by_signature(node, name, signatures)

    # ----------------------------------------------------------------------------------------------------- signatures
    def _by_signature(self, node: nodes.Call, name: str, signatures: tuple[Function, ...]) -> Value:
        arguments = [self.value(a) for a in node.arguments]
        for signature in signatures:
            if len(signature.parameters) >= len(arguments) >= signature.fewest and all(
                a.type in p.types for a, p in zip(arguments, signature.parameters)
            ):
                return self._apply(node, name, signature, arguments)
        fitting = [s for s in signatures if len(s.parameters) >= len(arguments) >= s.fewest]
        if not fitting:
            forms = " or ".join(s.form for s in signatures)
            raise self.source.type_error(
                node.at,
                f"{name} does not take {len(arguments)} argument{'s' * (len(arguments) != 1)}",
                f"it is {forms}",
            )
        return self._apply(node, name, fitting[-1], arguments)

    def _apply(self, node: nodes.Call, name: str, signature: Function, arguments: list[Value]) -> Value:
        fitted = [
            self._argument(name, parameter, value, written)
            for parameter, value, written in zip(signature.parameters, arguments, node.arguments)
        ]
        result = signature.result or common_type([v.type for v in fitted]) or fitted[0].type
        return FunctionCall(name, tuple(fitted), result, signature.unit)

    def _argument(self, name: str, parameter: Parameter, value: Value, node: nodes.Expression) -> Value:
        what = f"{parameter.name} of {name}"
        if parameter.literal and not is_constant_text(node):
            raise self.source.type_error(node.at, f"{what} must be a string literal")
        if value.type in parameter.types:
            return value
        if parameter.types[0] in INTEGERS and value.type in (Type.REAL, Type.DOUBLE):
            raise self.source.type_error(node.at, f"{what} must be an integer, not {value.type.value}")
        if parameter.types in (NUMBERS, INTEGERS) and value.type not in NUMBERS:
            if value.type is Type.NULL:
                return Convert(value, Type.DOUBLE if parameter.types is NUMBERS else Type.INTEGER)
            raise self.source.type_error(node.at, f"{what} must be a number, not {value.type.value}")
        return self.coerce(value, parameter.types[0], node.at, what)

    # ----------------------------------------------------------------------------------------------------- geometries
    def _arguments(self, node: nodes.Call) -> list[nodes.Expression]:
        """Arguments of a geometry without the deprecated first one, its coordinate system."""
        arguments = list(node.arguments)
        if not arguments or not is_constant_text(arguments[0]):
            return arguments
        frame = str(arguments[0].value).split(" ")[0].upper()  # type: ignore[union-attr]
        if frame not in _FRAMES:
            written = shown(str(arguments[0].value))  # type: ignore[union-attr]
            remedy = "all positions are in ICRS; ivo_geom_transform turns others into it"
            raise self.source.type_error(arguments[0].at, f"the coordinate system '{written}' is not known", remedy)
        return arguments[1:]

    def _numbers(self, name: str, arguments: list[nodes.Expression]) -> list[Value]:
        return [self.coerce(self.value(a), Type.DOUBLE, a.at, f"an argument of {name}") for a in arguments]

    def wrong_count(self, node: nodes.Call, form: str) -> Exception:
        """The error that a function takes other arguments."""
        return self.source.type_error(node.at, f"{node.name} does not take these arguments", f"it is {form}")

    def _position(self, longitude: Value, latitude: Value, at: int) -> Value:
        number = constant_number(latitude)
        if number is not None and not -90 <= number <= 90:
            raise self.source.type_error(at, f"the latitude {number:g} lies outside -90 to 90 degrees")
        turned = constant_number(longitude)
        if turned is not None and not 0 <= turned <= 360:  # DALI 1.1, section 3.3.5
            longitude = Constant(turned % 360, Type.DOUBLE)
        return FunctionCall("POINT", (longitude, latitude), Type.POINT)

    def point(self, node: nodes.Call) -> Value:
        """POINT([cs,] lon, lat)."""
        arguments = self._arguments(node)
        if len(arguments) != 2:
            raise self.wrong_count(node, "POINT(longitude, latitude)")
        longitude, latitude = self._numbers("POINT", arguments)
        return self._position(longitude, latitude, node.at)

    def _centre(self, node: nodes.Call, form: str, sizes: int) -> tuple[Value, list[Value]]:
        """The centre of a circle or box, as a point, and its sizes."""
        arguments = self._arguments(node)
        if len(arguments) == sizes + 2:
            longitude, latitude, *rest = self._numbers(node.name, arguments)
            return self._position(longitude, latitude, arguments[1].at), rest
        if len(arguments) != sizes + 1:
            raise self.wrong_count(node, form)
        centre = self.coerce(self.value(arguments[0]), Type.POINT, arguments[0].at, f"the centre of {node.name}")
        return centre, self._numbers(node.name, arguments[1:])

    def circle(self, node: nodes.Call) -> Value:
        """CIRCLE([cs,] lon, lat, radius) or CIRCLE(point, radius)."""
        centre, (radius,) = self._centre(node, "CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)", 1)
        numbers = _constants(centre, radius)
        size = constant_number(radius)
        if size is not None and not 0 <= size <= 180:
            raise self.source.type_error(node.at, f"the radius {size:g} lies outside 0 to 180 degrees")
        if numbers is None:
            return FunctionCall("CIRCLE", (centre, radius), Type.CIRCLE)
        return self._constant(node, lambda: Circle(*numbers), Type.CIRCLE)

    def box(self, node: nodes.Call) -> Value:
        """BOX([cs,] lon, lat, width, height) or BOX(point, width, height)."""
        form = "BOX(longitude, latitude, width, height) or BOX(point, width, height)"
        centre, sizes = self._centre(node, form, 2)
        numbers = _constants(centre, *sizes)
        if numbers is None:
            return FunctionCall("BOX", (centre, *sizes), Type.POLYGON)
        if not all(0 < size < 180 for size in numbers[2:]):
            raise self.source.type_error(node.at, "width and height of a BOX lie between 0 and 180 degrees")
        return self._constant(node, lambda: box(*numbers), Type.POLYGON)

    def polygon(self, node: nodes.Call) -> Value:
        """POLYGON of at least three vertices, as pairs of numbers or as points."""
        arguments = self._arguments(node)
        form = "POLYGON(lon, lat, lon, lat, lon, lat, …) or POLYGON(point, point, point, …)"
        values = [self.value(a) for a in arguments]
        if values and all(v.type is Type.POINT for v in values):
            points = values
        elif len(values) % 2 == 0 and all(v.type in (*NUMBERS, Type.NULL) for v in values):
            numbers = self._numbers("POLYGON", arguments)
            pairs = zip(numbers[::2], numbers[1::2], arguments[1::2])
            points = [self._position(lon, lat, written.at) for lon, lat, written in pairs]
        else:
            raise self.wrong_count(node, form)
        if len(points) < 3:
            raise self.wrong_count(node, form)
        vertices = [_constants(p) for p in points]
        if any(v is None for v in vertices):
            return FunctionCall("POLYGON", tuple(points), Type.POLYGON)
        known = tuple((v[0], v[1]) for v in vertices if v is not None)
        return self._constant(node, lambda: Polygon(known), Type.POLYGON)

    def region(self, node: nodes.Call) -> Value:
        """REGION('STC-S')."""
        if len(node.arguments) != 1 or not is_constant_text(node.arguments[0]):
            raise self.wrong_count(node, "REGION('Circle ICRS 10 20 0.5'), with a string literal")
        text = str(node.arguments[0].value)  # type: ignore[union-attr]
        words = text.split()
        if words and words[0].lower() == "position":
            return self._stcs_position(node, words)
        remedy = "write Circle, Polygon, Box, Union, AllSky or Position as STC-S does"
        return self._constant(node, lambda: parse_region(text), Type.REGION, remedy)

    def _stcs_position(self, node: nodes.Call, words: list[str]) -> Value:
        try:
            longitude, latitude = (float(w) for w in words[-2:])
        except ValueError as error:
            raise self.source.type_error(node.at, f"'{shown(' '.join(words))}' is no position") from error
        return self._position(Constant(longitude, Type.DOUBLE), Constant(latitude, Type.DOUBLE), node.at)

    def _constant(
        self, node: nodes.Call, make: Callable[[], Circle | Polygon | object], type_: Type, remedy: str = ""
    ) -> Value:
        try:
            region = make()
        except (ValueError, RecursionError) as error:
            raise self.source.type_error(node.at, f"{node.name}: {shown(str(error))}", remedy) from error
        return Shape(region, type_)  # type: ignore[arg-type]

    def geometry(self, node: nodes.Expression, what: str, types: tuple[Type, ...] = GEOMETRIES) -> Value:
        """Resolve an argument that must be a geometry of one of these types."""
        value = self.value(node)
        if value.type not in types:
            wanted = "a geometry" if types is GEOMETRIES else " or ".join(t.value for t in types)
            raise self.source.type_error(node.at, f"{what} needs {wanted}, not {value.type.value}")
        return value

    def _two(self, node: nodes.Call) -> tuple[Value, Value]:
        if len(node.arguments) != 2:
            raise self.wrong_count(node, f"{node.name}(geometry, geometry)")
        first, second = (self.geometry(a, node.name) for a in node.arguments)
        return first, second

    def contains(self, node: nodes.Call) -> Value:
        """CONTAINS(inner, outer): edges count (ADQL 2.1, section 4.2.11)."""
        inner, outer = self._two(node)
        if outer.type is Type.POINT and inner.type is not Type.POINT:
            outer = FunctionCall("CIRCLE", (outer, Constant(0.0, Type.DOUBLE)), Type.CIRCLE)
        return Flag(Within(inner, outer), "contains")

    def intersects(self, node: nodes.Call) -> Value:
        """INTERSECTS(a, b); with a point it means CONTAINS."""
        left, right = self._two(node)
        if left.type is Type.POINT:
            return Flag(Within(left, right), "intersects")
        return Flag(Within(right, left) if right.type is Type.POINT else Overlap(left, right), "intersects")

    def distance(self, node: nodes.Call) -> Value:
        """DISTANCE(point, point) or DISTANCE(lon, lat, lon, lat), in degrees."""
        arguments = list(node.arguments)
        if len(arguments) == 4:
            numbers = self._numbers("DISTANCE", arguments)
            first = self._position(numbers[0], numbers[1], arguments[1].at)
            second = self._position(numbers[2], numbers[3], arguments[3].at)
        elif len(arguments) == 2:
            first, second = (self.geometry(a, "DISTANCE", (Type.POINT,)) for a in arguments)
        else:
            raise self.wrong_count(node, "DISTANCE(point, point) or DISTANCE(lon1, lat1, lon2, lat2)")
        return FunctionCall("DISTANCE", (first, second), Type.DOUBLE, "deg")

    def _one(self, node: nodes.Call, types: tuple[Type, ...], result: Type, unit: str = "") -> Value:
        if len(node.arguments) != 1:
            raise self.wrong_count(node, f"{node.name}({'point' if types == (Type.POINT,) else 'geometry'})")
        return FunctionCall(node.name, (self.geometry(node.arguments[0], node.name, types),), result, unit)

    def coordinate(self, node: nodes.Call) -> Value:
        """COORD1(point) or COORD2(point)."""
        call = self._one(node, (Type.POINT,), Type.DOUBLE, "deg")
        if (
            isinstance(call, FunctionCall)
            and isinstance(point := call.arguments[0], FunctionCall)
            and point.name == "POINT"
        ):
            return point.arguments[0 if node.name == "COORD1" else 1]
        return call

    def coordsys(self, node: nodes.Call) -> Value:
        """COORDSYS(geometry): everything here is ICRS."""
        self._one(node, GEOMETRIES, Type.CHAR)
        return Constant("ICRS", Type.CHAR)

    def area(self, node: nodes.Call) -> Value:
        """AREA(geometry) in square degrees."""
        call = self._one(node, GEOMETRIES, Type.DOUBLE, "deg**2")
        if isinstance(call, FunctionCall) and call.arguments[0].type is Type.POINT:
            return Constant(0.0, Type.DOUBLE)
        return call

    def centroid(self, node: nodes.Call) -> Value:
        """CENTROID(geometry)."""
        call = self._one(node, (Type.POINT, Type.CIRCLE, Type.POLYGON, Type.REGION), Type.POINT)
        argument = call.arguments[0] if isinstance(call, FunctionCall) else call
        return argument if argument.type is Type.POINT else call

    # --------------------------------------------------------------------------------------------------------- others
    def coalesce(self, node: nodes.Call) -> Value:
        """COALESCE(value, …) (ADQL 2.1, section 4.7)."""
        if not node.arguments:
            raise self.wrong_count(node, "COALESCE(value, value, …)")
        values = [self.value(a) for a in node.arguments]
        type_ = common_type([v.type for v in values])
        if type_ is None:
            kinds = ", ".join(dict.fromkeys(v.type.value for v in values))
            raise self.source.type_error(node.at, f"COALESCE cannot choose between {kinds}")
        converted = tuple(v if v.type is type_ else Convert(v, type_) for v in values)
        return FunctionCall("COALESCE", converted, type_)

    def timestamp(self, node: nodes.Call) -> Value:
        """TIMESTAMP('ISO text')."""
        if len(node.arguments) != 1:
            raise self.wrong_count(node, "TIMESTAMP('YYYY-MM-DDThh:mm:ss')")
        return self.coerce(
            self.value(node.arguments[0]), Type.TIMESTAMP, node.arguments[0].at, "the argument of TIMESTAMP"
        )


def _constants(*values: Value) -> list[float] | None:
    """Numbers that constant points and numbers stand for; None where one is not constant."""
    numbers: list[float | None] = []
    for value in values:
        if isinstance(value, FunctionCall) and value.name == "POINT":
            numbers += [constant_number(a) for a in value.arguments]
        else:
            numbers.append(constant_number(value))
    known = [n for n in numbers if n is not None]
    return known if len(known) == len(numbers) else None


_SPECIAL: dict[str, Callable[..., Value]] = {
    "POINT": Calls.point,
    "CIRCLE": Calls.circle,
    "BOX": Calls.box,
    "POLYGON": Calls.polygon,
    "REGION": Calls.region,
    "CONTAINS": Calls.contains,
    "INTERSECTS": Calls.intersects,
    "DISTANCE": Calls.distance,
    "COORD1": Calls.coordinate,
    "COORD2": Calls.coordinate,
    "COORDSYS": Calls.coordsys,
    "AREA": Calls.area,
    "CENTROID": Calls.centroid,
    "COALESCE": Calls.coalesce,
    "TIMESTAMP": Calls.timestamp,
}
