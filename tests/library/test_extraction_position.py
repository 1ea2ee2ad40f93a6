"""Rules: where a product lies, on headers made for the purpose."""

import math

import pytest
from extracted import codes, one
from fits_files import SKY, image, primary

from invenio_obscore.obscore.regions import Circle, Polygon, Region, Union


def test_the_outline_goes_through_the_outer_pixel_edges() -> None:
    product = one(image((100, 200), **SKY))
    region = product.row["s_region"]
    assert isinstance(region, Polygon)
    assert product.row["s_ra"] == pytest.approx(10.0) and product.row["s_dec"] == pytest.approx(20.0)
    assert max(dec for _, dec in region.vertices) == pytest.approx(20.1, abs=1e-4)
    assert product.row["s_fov"] == pytest.approx(math.hypot(0.1, 0.2), rel=1e-3)
    assert (product.row["s_xel1"], product.row["s_xel2"]) == (100, 200)
    assert product.row["s_pixel_scale"] == pytest.approx(3.6, rel=1e-3)
    assert region._winding() <= 0


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.99, 45.0), (120.0, 89.97), (10.0, -90.0), (180.0, 89.9)])
def test_regions_at_the_poles_and_at_zero(ra: float, dec: float) -> None:
    product = one(image(**{**SKY, "CRVAL1": ra, "CRVAL2": dec}))
    region = product.row["s_region"]
    assert isinstance(region, Region)
    assert region.contains(ra, dec)
    assert not region.contains(ra, dec - math.copysign(1.0, dec))
    assert region.bounding_circle().radius < 0.12


@pytest.mark.parametrize("projection", ["AIT", "CAR", "MOL", "HPX"])
def test_all_sky_maps(projection: str) -> None:
    wcs = {
        "CTYPE1": f"GLON-{projection}",
        "CTYPE2": f"GLAT-{projection}",
        "CRVAL1": 0.0,
        "CRVAL2": 0.0,
        "CRPIX1": 180.5,
        "CRPIX2": 90.5,
        "CDELT1": -1.0,
        "CDELT2": 1.0,
    }
    product = one(image((360, 180), **wcs))
    region = product.row["s_region"]
    assert isinstance(region, Circle) and region.radius == 180
    assert product.row["s_fov"] == 360
    assert product.row["s_ra"] == pytest.approx(266.405, abs=1.0)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"RADESYS": "ICRS"}, (10.0, 20.0)),
        ({"RADESYS": "FK5", "EQUINOX": 2000.0}, (10.0, 20.0)),
        ({"EQUINOX": 1950.0}, (10.659, 20.275)),
        ({"EPOCH": 1950.0}, (10.659, 20.275)),
        ({"RADECSYS": "FK4"}, (10.659, 20.275)),
        ({"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}, (246.5, -4.6)),
        ({"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}, (1.0, 22.2)),
    ],
)
def test_frames_become_icrs(frame: dict[str, object], expected: tuple[float, float]) -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    product = one(image(**{**SKY, **frame}))
    if str(frame.get("CTYPE1", "")).startswith(("GLON", "ELON")):
        name = "galactic" if "GLON" in str(frame["CTYPE1"]) else "barycentricmeanecliptic"
        icrs = SkyCoord(10 * u.deg, 20 * u.deg, frame=name).icrs
        expected = (icrs.ra.deg, icrs.dec.deg)
    assert product.row["s_ra"] == pytest.approx(expected[0], abs=2e-3)
    assert product.row["s_dec"] == pytest.approx(expected[1], abs=2e-3)


def test_the_ccds_of_a_mosaic_are_one_product() -> None:
    ccds = b"".join(image(extension=True, EXTNAME=f"CCD{n}", **{**SKY, "CRPIX1": 50.5 + 110 * n}) for n in range(3))
    product = one(primary(OBJECT="field") + ccds)
    region = product.row["s_region"]
    assert isinstance(region, Union) and len(region.members) == 3
    assert product.row["target_name"] == "field"


def test_errors_and_masks_are_no_products() -> None:
    data = primary() + b"".join(image(extension=True, EXTNAME=name, **SKY) for name in ("SCI", "ERR", "DQ"))
    assert isinstance(one(data).row["s_region"], Polygon)


def test_a_coordinate_system_that_raises_is_a_problem_and_keywords_serve() -> None:
    product = one(
        image(RA="00:40:00", DEC="+20:00:00", OBJECT="M 31", **{**SKY, "CD1_1": 0.0, "CD2_2": 0.0, "CD1_2": 0.0})
    )
    assert "wcs-failed" in codes(product)
    assert product.row["s_ra"] == pytest.approx(10.0)
    assert product.row["target_name"] == "M 31"


@pytest.mark.parametrize(
    ("cards", "ra", "dec"),
    [
        ({"RA": "12:30:00.0", "DEC": "-10:30:00"}, 187.5, -10.5),
        ({"RA": "12 30 00.0", "DEC": "-00 30 00"}, 187.5, -0.5),
        ({"RA": "12h30m00s", "DEC": "-10d30m00s"}, 187.5, -10.5),
        ({"RA": 187.5, "DEC": -10.5}, 187.5, -10.5),
        ({"OBJCTRA": "12 30 00", "OBJCTDEC": "+10 30 00"}, 187.5, 10.5),
        ({"RA_TARG": 187.5, "DEC_TARG": -10.5, "RA": "0:0:0", "DEC": "0:0:0"}, 187.5, -10.5),
        ({"RA": 0.0, "DEC": 0.0}, None, None),
        ({"RA": -9999.0, "DEC": -9999.0}, None, None),
        ({"RA": "north", "DEC": "up"}, None, None),
        ({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "RA": 10.0, "DEC": 10.0}, None, None),
    ],
)
def test_positions_of_keywords(cards: dict[str, object], ra: float | None, dec: float | None) -> None:
    row = one(image(**cards)).row
    assert row["s_ra"] == (None if ra is None else pytest.approx(ra))
    assert row["s_dec"] == (None if dec is None else pytest.approx(dec))


@pytest.mark.parametrize("names", [("RA--TAN", "DEC-TAN"), (" RA---TAN ", " DEC--TAN "), ("ra---tan", "dec--tan")])
def test_celestial_types_as_people_write_them(names: tuple[str, str]) -> None:
    product = one(image(**{**SKY, "CTYPE1": names[0], "CTYPE2": names[1]}))
    assert isinstance(product.row["s_region"], Polygon)
    assert product.row["s_ra"] == pytest.approx(10.0, abs=1e-3)


def test_a_tangent_plane_with_the_polynomial_of_tpv() -> None:
    """SCAMP: TAN in the name, and PVi_m; a shift of 0.01 degrees in its constant term must show."""
    terms = {"PV1_0": 0.0, "PV1_1": 1.0, "PV1_5": 0.0, "PV2_0": 0.01, "PV2_1": 1.0, "PV2_7": 0.0}
    matrix = {"CD1_1": -0.001, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.001}
    without = {k: v for k, v in SKY.items() if not k.startswith("CDELT")}
    assert one(image(**without, **matrix, **terms)).row["s_dec"] == pytest.approx(20.01, abs=1e-4)


def test_a_tangent_plane_with_both_polynomials_uses_sip() -> None:
    sip = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 0.0, "B_2_0": 0.0}
    product = one(image(**{**SKY, **sip}, PV1_1=1.0, PV2_0=0.5, PV2_1=1.0, PV1_5=0.1))
    assert product.row["s_dec"] == pytest.approx(20.0, abs=1e-3)


def test_terms_of_a_polynomial_that_are_all_zero_are_none() -> None:
    assert one(image(**SKY, PV2_1=0.0, PV2_2=0.0)).row["s_fov"] == pytest.approx(0.2236, rel=1e-2)


def test_cd_goes_before_pc_where_a_header_has_both() -> None:
    matrix = {"CD1_1": -0.002, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.002, "PC001001": 1.0, "PC002002": 1.0}
    assert one(image(**SKY, **matrix)).row["s_fov"] == pytest.approx(0.447, rel=1e-2)


def test_without_the_size_of_a_pixel_there_is_a_place_but_no_outline() -> None:
    product = one(image(**{k: v for k, v in SKY.items() if not k.startswith("CDELT")}))
    assert (product.row["s_ra"], product.row["s_dec"]) == (10.0, 20.0)
    assert product.row["s_region"] is None
    assert product.row["s_fov"] is None


def test_a_reference_that_nobody_filled_in_is_no_place() -> None:
    product = one(image(**{**SKY, "CRVAL1": 0.0, "CRVAL2": 0.0}, TELESCOP="Gemini-North"))
    assert product.row["s_ra"] is None
    assert "wcs-placeholder" in codes(product)


def test_right_ascension_ends_below_360() -> None:
    ra = one(image(**{**SKY, "CRVAL1": -1e-17, "CRVAL2": 1.0})).row["s_ra"]
    assert isinstance(ra, float)
    assert 0 <= ra < 360


def test_the_plate_solution_of_the_digitized_sky_survey() -> None:
    plate: dict[str, object] = {
        "PLTRAH": 8, "PLTRAM": 44, "PLTRAS": 0.0, "PLTDECSN": "+", "PLTDECD": 12, "PLTDECM": 0, "PLTDECS": 0.0,
        "PLTSCALE": 67.2, "XPIXELSZ": 25.0, "YPIXELSZ": 25.0, "CNPIX1": 7000, "CNPIX2": 7000, "PPO1": 0.0, "PPO2": 0.0,
        "PPO3": 175000.0, "PPO4": 0.0, "PPO5": 0.0, "PPO6": 175000.0, "EQUINOX": 2000.0,
    }  # fmt: skip
    plate |= {f"AMD{axis}{n}": 67.2 if n == 1 else 0.0 for axis in "XY" for n in range(1, 14)}
    product = one(image((200, 200), **plate))
    assert product.row["s_dec"] == pytest.approx(12.0467, abs=1e-3)
    assert product.row["s_ra"] == pytest.approx(130.952, abs=2e-3)
    assert product.row["s_pixel_scale"] == pytest.approx(1.68, rel=1e-3)


@pytest.mark.parametrize(
    "cards",
    [
        {"CTYPE1": "solar_x", "CTYPE2": "solar_y"},
        {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR", "RSUN_OBS": 960.0},
        {"OBJECT": "Sun EUV"},
    ],
)
def test_a_picture_of_the_sun_has_no_place_among_the_stars(cards: dict[str, object]) -> None:
    assert one(image(RA=12.0, DEC=5.0, **cards)).row["s_ra"] is None


def test_the_pixel_of_a_single_dish_is_no_outline() -> None:
    axes: dict[str, object] = {
        "CTYPE1": "FREQ", "CRVAL1": 1.4e9, "CDELT1": 1e5, "CRPIX1": 1.0, "CTYPE2": "RA---SIN", "CRVAL2": 30.0,
        "CDELT2": 1.0, "CRPIX2": 1.0, "CTYPE3": "DEC--SIN", "CRVAL3": -20.0, "CDELT3": 1.0, "CRPIX3": 1.0,
    }  # fmt: skip
    product = one(image((1024, 1, 1), **axes))
    assert (product.row["s_ra"], product.row["s_dec"]) == (30.0, -20.0)
    assert product.row["s_fov"] is None
    assert product.row["s_region"] is None


def test_a_reference_position_in_hours() -> None:
    axes = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CUNIT1": "hour",
        "CUNIT2": "deg",
        "CRVAL1": 5.0,
        "CRVAL2": 20.0,
    }
    product = one(primary(**axes))
    assert (product.row["s_ra"], product.row["s_dec"]) == (75.0, 20.0)


def test_a_number_with_its_unit_behind_it_is_an_angle() -> None:
    product = one(image(RA="83.5 deg", DEC="-22.0 deg"))
    assert (product.row["s_ra"], product.row["s_dec"]) == (83.5, -22.0)
