"""Event lists and spectra of high-energy missions: where they look, which energies they hold, what serves them."""

from __future__ import annotations

import struct

import pytest
from extracted import one
from fits_files import empty_table, image, primary, table

from invenio_obscore.obscore.regions import Circle, Polygon

COLUMNS = [("TIME", "D", "s"), ("X", "J", "pixel"), ("Y", "J", "pixel"), ("PI", "J", "chan")]
PLANE: dict[str, object] = {
    "TCTYP2": "RA---TAN", "TCTYP3": "DEC--TAN", "TCRVL2": 83.63, "TCRVL3": 22.01, "TCRPX2": 500.5, "TCRPX3": 500.5,
    "TCDLT2": -6.5e-4, "TCDLT3": 6.5e-4,
}  # fmt: skip
DEFINED: dict[str, object] = {"TLMIN2": 1, "TLMAX2": 1000, "TLMIN3": 1, "TLMAX3": 1000}
POINTING: dict[str, object] = {"RA_PNT": 83.62, "DEC_PNT": 22.0}


def events(**cards: object) -> bytes:
    return primary() + empty_table(
        COLUMNS, 3, **{"EXTNAME": "EVENTS", "HDUCLASS": "OGIP", "HDUCLAS1": "EVENTS", **cards}
    )


# -- regions ---------------------------------------------------------------------------------------------------------
def test_the_radius_of_the_pointing_is_the_region() -> None:
    row = one(events(**POINTING, RAD_PNT=2.5)).row
    assert row["s_region"] == Circle(83.62, 22.0, 2.5) and row["s_fov"] == 5.0


def test_the_cut_goes_before_everything() -> None:
    cut = {"DSTYP1": "POS(RA,DEC)", "DSUNI1": "deg", "DSVAL1": "CIRCLE(10,20,15)"}
    row = one(events(TELESCOP="GLAST", INSTRUME="LAT", **POINTING, RAD_PNT=1.0, **cut)).row
    assert row["s_region"] == Circle(10.0, 20.0, 15.0)


@pytest.mark.parametrize(
    ("limits", "side"),
    [
        ({"TDMIN2": 401, "TDMAX2": 600, "TDMIN3": 401, "TDMAX3": 600}, 200),
        ({"REFXDMIN": 451, "REFXDMAX": 550, "REFYDMIN": 451, "REFYDMAX": 550}, 100),
    ],
)
def test_the_limits_of_the_data_are_the_region(limits: dict[str, object], side: int) -> None:
    product = one(events(TELESCOP="XMM", INSTRUME="EPN", **POINTING, **PLANE, **DEFINED, **limits))
    region = product.row["s_region"]
    assert isinstance(region, Polygon) and region.contains(83.63, 22.01)
    assert product.row["s_fov"] == pytest.approx(side * 6.5e-4 * 2**0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("telescope", "instrument", "diameter"),
    [
        ("XMM", "EPN", 0.5),
        ("CHANDRA", "ACIS", 0.4),
        ("SWIFT", "XRT", 0.56),
        ("NuSTAR", "FPMA", 0.29),
        ("ROSAT", "HRI", 0.63),
    ],
)
def test_a_field_of_view_goes_before_the_plane_of_the_coordinates(
    telescope: str, instrument: str, diameter: float
) -> None:
    product = one(events(TELESCOP=telescope, INSTRUME=instrument, **POINTING, **PLANE, **DEFINED))
    assert product.row["s_region"] == Circle(83.62, 22.0, diameter / 2)
    assert "nominal field of view" in product.evidence["s_region"].detail
    assert (product.row["messenger_name"], product.row["messenger_pdgid"]) == ("photon", "22")


def test_the_plane_of_the_coordinates_at_last_and_else_nothing() -> None:
    assert one(events(**POINTING, **PLANE, **DEFINED)).row["s_fov"] == pytest.approx(0.9192, rel=1e-3)
    product = one(events(**POINTING, **PLANE))
    assert product.row["s_region"] is None
    assert any(p.column == "s_region" and p.code == "missing" for p in product.problems)


@pytest.mark.parametrize("enclosure", ["FULL-ENCLOSURE", "POINT-LIKE"])
def test_responses_tell_how_far_a_field_reaches(enclosure: str) -> None:
    area = table(
        [("THETA_LO", "2E", "deg"), ("THETA_HI", "2E", "deg")], struct.pack(">4f", 0, 1, 1, 2.5), 1, EXTNAME="AEFF",
        HDUCLASS="GADF", HDUCLAS1="RESPONSE", HDUCLAS2="EFF_AREA", HDUCLAS3=enclosure,
    )  # fmt: skip
    row = one(events(HDUCLASS="GADF", **POINTING) + area).row
    assert row["dataproduct_subtype"] == "event-bundle"
    assert row["s_fov"] == (5.0 if enclosure == "FULL-ENCLOSURE" else None)


# -- energies --------------------------------------------------------------------------------------------------------
def test_the_energies_of_events_that_were_all_read() -> None:
    rows = struct.pack(">dfdf", 1.0, 0.5, 2.0, 50.0)
    cards = {"EXTNAME": "EVENTS", "HDUCLASS": "VODF", "HDUCLAS1": "EVENTS", "SUBARRAY": "LST1", "LIVETIME": 1520.0}
    row = one(primary() + table([("TIME", "D", "s"), ("ENERGY", "E", "TeV")], rows, 2, **cards, **POINTING)).row
    assert (row["energy_min"], row["energy_max"]) == pytest.approx((5e11, 5e13))
    assert row["em_min"] == pytest.approx(1.239842e-6 / 5e13)
    assert (row["ev_xel"], row["instrument_name"], row["t_exptime"]) == (2, "LST1", 1520.0)


def test_the_energies_of_channels_go_before_an_instrument_s() -> None:
    bounds = table(
        [("E_MIN", "E", "keV"), ("E_MAX", "E", "keV")], struct.pack(">4f", 4, 5, 5, 900), 2, EXTNAME="EBOUNDS",
        HDUCLAS1="RESPONSE", HDUCLAS2="EBOUNDS",
    )  # fmt: skip
    row = one(events(TELESCOP="GLAST", INSTRUME="GBM") + bounds).row
    assert (row["energy_min"], row["energy_max"]) == pytest.approx((4000.0, 900_000.0))


def test_a_spectrum_of_channels_has_its_instrument_s_energies() -> None:
    spectrum = empty_table(
        [("CHANNEL", "I", ""), ("COUNTS", "J", "count")], 100, EXTNAME="SPECTRUM", HDUCLAS1="SPECTRUM", DETCHANS=3400,
        TELESCOP="XMM", INSTRUME="RGS1",
    )  # fmt: skip
    row = one(primary() + spectrum).row
    assert (row["energy_min"], row["em_xel"]) == (pytest.approx(330.0), 3400)


def test_a_picture_of_the_sun_is_none_of_high_energy() -> None:
    row = one(image(TELESCOP="SDO/AIA", INSTRUME="AIA_4", WAVELNTH=94, WAVEUNIT="angstrom", CTYPE1="HPLN-TAN")).row
    assert row["em_min"] == pytest.approx(9.4e-9) and row["energy_min"] is None


def test_modes_of_cameras() -> None:
    assert one(events(SUBMODE="PrimeFullWindow", DATAMODE="IMAGING")).row["obs_mode"] == "PrimeFullWindow"
