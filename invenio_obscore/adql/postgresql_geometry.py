"""Geometries as SQL: pgSphere's types behind the functions of the schema ``adql``.

Positions, circles and polygons are pgSphere's own values. A region of any kind is an ``adql.shape``: a bounding circle
for the index and the exact parts. A column of regions has one beside its text, which the database makes by itself.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeGuard

from ..obscore.regions import Circle, Polygon
from . import resolved as ir
from .resolution.grouping import children
from .resolution.naming import is_uploaded_array
from .resolution.values import constant_number
from .types import Type


def is_constant(value: Any) -> bool:  # noqa: ANN401
    """Whether a value is the same in every row."""
    if isinstance(value, ir.ColumnRef | ir.Scalar | ir.Aggregate):
        return False
    return all(is_constant(child) for child in children(value))


class Geometries:
    """The part of the writer that knows geometries."""

    #: Functions that :meth:`geometric` writes.
    GEOMETRIC = frozenset({"POLYGON", "AREA", "CENTROID", "IVO_GEOM_TRANSFORM", "MOC"})

    @abstractmethod
    def bind(self, value: Any, sql_type: str) -> str:  # noqa: ANN401
        """A placeholder for a value."""

    @abstractmethod
    def value(self, value: ir.Value) -> str:
        """A value in its native type."""

    def shape_column(self, value: ir.ColumnRef) -> str:
        """The companion of a region column."""
        return f'{value.relation}."{value.shape.replace(chr(34), chr(34) * 2).replace("%", "%%")}"'

    def native(self, value: ir.Value) -> str:
        """A point, circle, polygon or MOC as pgSphere's own."""
        if not isinstance(value, ir.Shape):
            return self.value(value)
        region = value.region
        if isinstance(region, Circle):
            centre = f"adql.point({self.bind(region.ra, 'float8')}, {self.bind(region.dec, 'float8')})"
            return f"adql.circle({centre}, {self.bind(region.radius, 'float8')})"
        if isinstance(region, Polygon):
            return f"adql.polygon({self.bind([n for v in region.vertices for n in v], 'float8[]')})"
        raise TypeError(type(region))

    def shape(self, value: ir.Value) -> str:
        """Any geometry as an ``adql.shape``."""
        if isinstance(value, ir.Shape):
            return f"adql.shape({self.bind(value.region.to_stcs(), 'text')})"
        if isinstance(value, ir.ColumnRef) and value.shape:
            return self.shape_column(value)
        if _has_open_radius(value):
            return f"adql.round_shape({', '.join(self.value(a) for a in value.arguments)})"
        return f"adql.shape({self.value(value)})"

    def geometric(self, value: ir.FunctionCall) -> str:
        """A function of :attr:`GEOMETRIC`."""
        arguments = value.arguments
        if value.name == "POLYGON":
            return f"adql.polygon(ARRAY[{', '.join(self.value(a) for a in arguments)}])"
        if value.name in ("AREA", "CENTROID"):
            argument = self.shape(arguments[0]) if _needs_shape(arguments[0]) else self.native(arguments[0])
            return f"adql.{value.name.lower()}({argument})"
        if value.name == "MOC":
            return self.moc(arguments[1], self.value(arguments[0]))
        matrix = ", ".join(self.value(a) for a in arguments[1:])
        return f"adql.rotated({self.native(arguments[0])}, ARRAY[{matrix}])"

    def moc(self, value: ir.Value, order: str) -> str:
        """Any geometry as the MOC of an order that covers it."""
        if value.type is Type.MOC:
            return self.value(value)
        argument = self.shape(value) if _needs_shape(value) else self.native(value)
        return f"adql.moc({order}, {argument})"

    def _with_moc(self, name: str, left: ir.Value, right: ir.Value) -> str:
        """A condition on two geometries of which one is a MOC: the other is covered by cells as fine as that one's."""
        known = self.value(left if left.type is Type.MOC else right)
        order = f"adql.fineness({known})"
        return f"adql.{name}({self.moc(left, order)}, {self.moc(right, order)})"

    # ----------------------------------------------------------------------------------------------------- conditions
    def near(self, c: ir.Near) -> str:
        """A cone: by the index from the side that has columns (from both in a crossmatch), then exactly."""
        left, right, radius = self.value(c.left), self.value(c.right), f"{self.value(c.radius)}::float8"
        parts = []
        if not is_constant(c.left):
            parts.append(f"adql.within({left}, adql.circle({right}, {radius}))")
        if not is_constant(c.right):
            parts.append(f"adql.within({right}, adql.circle({left}, {radius}))")
        parts.append(f"(adql.distance({left}, {right}) {'<=' if c.operator == '<=' else '<'} {radius})")
        return f"({' AND '.join(parts)})"

    def within(self, c: ir.Within) -> str:
        """CONTAINS."""
        if c.inner.type is Type.POINT and c.outer.type is Type.POINT:
            return f"(adql.distance({self.value(c.inner)}, {self.value(c.outer)}) = 0)"
        if c.inner.type is Type.POINT and _has_open_radius(c.outer):
            return self._within_any_circle(c.inner, *c.outer.arguments)
        if c.inner.type is not Type.POINT and Type.MOC in (c.inner.type, c.outer.type):
            return self._with_moc("within", c.inner, c.outer)
        if not _needs_shape(c.outer) and (c.inner.type is Type.POINT or not _needs_shape(c.inner)):
            return f"adql.within({self.native(c.inner)}, {self.native(c.outer)})"
        inner = self.native(c.inner) if c.inner.type is Type.POINT else self.shape(c.inner)
        return self._indexed("within", c.inner, c.outer, f"adql.within({inner}, {self.shape(c.outer)})")

    def _within_any_circle(self, point: ir.Value, centre: ir.Value, radius: ir.Value) -> str:
        """A point within a circle of any size: up to a hemisphere by the index, beyond that all points are compared."""
        p, c, r = self.value(point), self.value(centre), self.value(radius)
        arms = (f"adql.circle({c}, {r})", f"adql.half({r}, 90)", f"adql.half({r}, -90)")
        indexed = " OR ".join(f"adql.within({p}, {arm})" for arm in arms)
        return f"(({indexed}) AND ({r} <= 90 OR adql.distance({p}, {c}) <= {r}))"

    def overlap(self, c: ir.Overlap) -> str:
        """INTERSECTS."""
        if Type.MOC in (c.left.type, c.right.type):
            return self._with_moc("overlaps", c.left, c.right)
        if not _needs_shape(c.left) and not _needs_shape(c.right):
            return f"adql.overlaps({self.native(c.left)}, {self.native(c.right)})"
        exact = f"adql.overlaps({self.shape(c.left)}, {self.shape(c.right)})"
        return self._indexed("overlaps", c.left, c.right, exact)

    def _indexed(self, name: str, left: ir.Value, right: ir.Value, exact: str) -> str:
        """An exact condition behind one that the index over bounding circles answers."""
        stored = [v for v in (left, right) if isinstance(v, ir.ColumnRef) and v.shape]
        if not stored:
            return exact
        columns = [self.shape_column(v) for v in stored]
        wide = f" OR ({columns[0]}).wide = 1"
        if len(stored) == 2:
            # Every arm must be a condition on one side's index, for each row of the other side.
            one, other_side = columns
            arms = [f"adql.overlaps(({other_side}).bound, adql.{half}({one}))" for half in ("front", "back")]
            return f"(({' OR '.join(arms)} OR ({other_side}).wide = 1) AND {exact})"
        other = right if stored[0] is left else left
        if other.type is Type.POINT:
            bound = f"adql.within({self.native(other)}, ({columns[0]}).bound)"
        elif _needs_shape(other):
            halves = (f"adql.{half}({self.shape(other)})" for half in ("front", "back"))
            bound = " OR ".join(f"adql.overlaps(({columns[0]}).bound, {half})" for half in halves)
        else:
            bound = f"adql.overlaps(({columns[0]}).bound, {self.native(other)})"
        return f"(({bound}{wide}) AND {exact})"

    # -------------------------------------------------------------------------------------------------------- results
    def coordinates(self, value: ir.Value) -> str:
        """A point, circle or polygon as numbers (DALI 1.1, section 3.3.5), a MOC as text."""
        if value.type is Type.MOC:
            return f"({self.value(value)})::text"
        if isinstance(value, ir.FunctionCall) and value.name == "POINT":
            longitude, latitude = (self.value(a) for a in value.arguments)
            valid = f"{longitude} IS NOT NULL AND {latitude} BETWEEN -90 AND 90"
            return f"CASE WHEN {valid} THEN ARRAY[{longitude}, {latitude}] END"
        if isinstance(value, ir.FunctionCall) and value.name == "CIRCLE":
            return self._circle_numbers(*value.arguments)
        if isinstance(value, ir.Shape) and isinstance(region := value.region, Circle):
            return self.bind([region.ra, region.dec, region.radius], "float8[]")
        if isinstance(value, ir.Shape) and isinstance(region := value.region, Polygon):
            return self.bind([n for v in region.vertices for n in v], "float8[]")
        return f"adql.coordinates({self.value(value)})"

    def _circle_numbers(self, centre: ir.Value, radius: ir.Value) -> str:
        position, size = self.coordinates(centre), self.value(radius)
        return f"CASE WHEN {size} BETWEEN 0 AND 180 AND {position} IS NOT NULL THEN {position} || {size} END"

    def region_text(self, value: ir.Value) -> str:
        """A region as STC-S."""
        if isinstance(value, ir.Shape):
            return self.bind(value.region.to_stcs(), "text")
        return self.value(value)

    def geometry_text(self, value: ir.Value) -> str:
        """A geometry as the text that CAST gives: DALI's numbers, or STC-S of a region."""
        if value.type is Type.REGION:
            return self.region_text(value)
        if value.type is Type.MOC:
            return self.coordinates(value)
        return f"array_to_string({self.coordinates(value)}, ' ')"

    def geometry_from_text(self, value: ir.Convert) -> str:
        """CAST of DALI text to a geometry."""
        text = f"{self.value(value.operand)}::text"
        if is_uploaded_array(value):  # PostgreSQL's text of an array
            text = f"translate(nullif({text}, '{{}}'), '{{}}', '')"
        return f"adql.{value.type.name.lower()}_of({text})"


def _needs_shape(value: ir.Value) -> bool:
    """Whether pgSphere has no type for a value: regions of any kind, and circles beyond a hemisphere."""
    if isinstance(value, ir.Shape):
        region = value.region
        return not (isinstance(region, Polygon) or (isinstance(region, Circle) and region.radius <= 90))
    return value.type is Type.REGION or _has_open_radius(value)


def _has_open_radius(value: ir.Value) -> TypeGuard[ir.FunctionCall]:
    """Whether a value is a circle that may be larger than a hemisphere in some rows."""
    if not isinstance(value, ir.FunctionCall) or value.name != "CIRCLE":
        return False
    radius = constant_number(value.arguments[1])
    return radius is None or radius > 90
