"""The sky that rows cover, whatever their regions say: anybody may write a region."""

from __future__ import annotations

from typing import Any

import pytest
from mocpy import MOC

from invenio_obscore.registry import coverage

#: mocpy panics on these, which is no `Exception`.
PANICS = [
    "Polygon ICRS 22.5 41.8103148957 0.0 89.0 90.0000000001 0.0",
    "Polygon ICRS 0.0 1.0 90.0 1e-10 67.5 41.8103148958",
]
_FINE = {"s_region": "Circle ICRS 200 -40 1"}


@pytest.mark.parametrize("region", PANICS)
def test_a_polygon_on_which_mocpy_panics_counts_as_its_circle(region: str) -> None:
    found = coverage.cells([{"s_region": region}, _FINE])
    assert found > coverage.cells([_FINE])
    assert 0.1 < MOC.from_string(coverage.moc_text(found)).sky_fraction < 0.6


class PanicException(BaseException):
    """As PyO3 names it."""


@pytest.mark.parametrize("panic", [PanicException, ValueError])
def test_a_cone_that_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch, panic: type[BaseException]) -> None:
    from_cone = MOC.from_cone

    def fail(lon: Any, *args: Any, **options: Any) -> MOC:
        if lon.size > 1 or lon.deg == 10.0:
            raise panic("unreachable")
        return from_cone(lon, *args, **options)

    monkeypatch.setattr(MOC, "from_cones", fail)
    monkeypatch.setattr(MOC, "from_cone", fail)
    rows = [{"s_ra": 10.0, "s_dec": 0.0}, _FINE]
    assert coverage.cells(rows) == coverage.cells([_FINE])


def test_an_interrupt_is_not_taken_for_a_panic(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: Any, **options: Any) -> MOC:
        raise KeyboardInterrupt

    monkeypatch.setattr(MOC, "from_cone", interrupt)
    with pytest.raises(KeyboardInterrupt):
        coverage.cells([_FINE])
