"""Curation against stand-ins of Simbad, Sesame and SVO, their faults included; and the resolver of filters' names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from curation_stand_in import StandIn

from invenio_obscore.curation import Curator, Proposal, Settings, accept, curate, propose
from invenio_obscore.curation.filters import (
    Named,
    Placed,
    among,
    by_itself,
    facility_of,
    is_filter,
    placed,
    the_one,
)
from invenio_obscore.curation.simbad import is_name
from invenio_obscore.errors import ConfigurationError
from invenio_obscore.extraction.evidence import Product
from invenio_obscore.obscore.row import ObsCoreRow


@pytest.fixture
def services() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def settings(services: StandIn, tmp_path: Path) -> Settings:
    return Settings(
        simbad_url=services.url("simbad"),
        sesame_url=services.url("sesame"),
        svo_url=services.url("svo"),
        cache=tmp_path / "cache",
        timeout=20.0,
        retries=2,
        backoff=0.0,
        pause=0.0,
    )


def product(filter: str = "", **values: object) -> Product:
    return Product(ObsCoreRow(values), filter=filter)


# -- objects ---------------------------------------------------------------------------------------------------------
def test_a_name_gives_position_and_class(settings: Settings) -> None:
    one = product(target_name="m31")
    report = curate([one], settings=settings)
    assert (one.row["s_ra"], one.row["s_dec"], one.row["target_class"]) == (10.684708333, 41.26875, "AGN")
    evidence = one.evidence["s_ra"]
    assert (evidence.source, evidence.detail, evidence.raw) == ("simbad", "M 31 in Simbad", "m31")
    assert report.filled == 3 and not report.failures


def test_a_position_that_is_there_stays_and_a_position_without_name_stays_without(settings: Settings) -> None:
    here = product(target_name="M 31", s_ra=10.7, s_dec=41.3, s_fov=1.0)
    nameless = product(s_ra=10.7, s_dec=41.3)
    curate([here, nameless], settings=settings)
    assert here.row["s_ra"] == 10.7 and here.row["target_class"] == "AGN"
    assert nameless.row.filled() == {"s_ra": 10.7, "s_dec": 41.3}


def test_an_object_far_from_the_position_is_not_taken_but_shown(settings: Settings) -> None:
    one = product(target_name="M 31", s_ra=200.0, s_dec=10.0)
    report = curate([one], settings=settings)
    assert one.row["target_class"] is None and report.proposed == 1
    assert [p.code for p in one.problems] == ["curation-proposed"] and "from the product's position" in one.problems[
        0
    ].message


def test_many_names_take_one_request_and_none_the_second_time(settings: Settings, services: StandIn) -> None:
    names = ["M31", "HD209458", "HD 209458", "no such thing", "ABELL 85"]
    curate([product(target_name=name) for name in names * 20], settings=settings)
    assert services.requests["simbad"] == 1 and services.requests["sesame"] == 2
    again = [product(target_name=name) for name in names]
    curate(again, settings=settings)
    assert services.requests["simbad"] == 1 and services.requests["sesame"] == 2
    assert [p.row["s_ra"] for p in again] == [10.684708333, 330.795, 330.795, None, 10.4075]
    assert again[4].evidence["s_ra"].detail == "ABELL 0085 in Sesame (NED)"


@pytest.mark.parametrize("name", ["BIAS", "dark", "Twilight flat", "STD", "12", "", "n/a", "ThAr lamp 3", "Flat_B"][:7])
def test_what_is_no_object_is_not_asked_for(name: str, settings: Settings, services: StandIn) -> None:
    assert not is_name(name)
    curate([product(target_name=name or None)], settings=settings)
    assert not services.requests


@pytest.mark.parametrize("name", ["M 31", "NGC 4486", "HD 209458", "Vega", "Crab", "47 Tuc", "3C 273", "Fieldus"])
def test_names_of_objects_are_asked_for(name: str) -> None:
    assert is_name(name)


# -- filters ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "facility", "instrument", "expected", "fills"),
    [
        ("HST/ACS_WFC.F606W", "", "", "HST/ACS_WFC.F606W", True),
        ("F606W", "HST", "ACS", "HST/ACS_WFC.F606W", True),
        ("F606W", "HST", "ACS/WFC", "HST/ACS_WFC.F606W", True),
        ("f606w", "Hubble Space Telescope", "WFC3", "HST/WFC3_UVIS2.F606W", True),
        ("F606W", "HST", "", "HST/ACS_WFC.F606W", False),
        ("Bessell V", "", "", "Generic/Bessell.V", True),
        ("V_BESSELL", "ESO-NTT", "", "Generic/Bessell.V", True),
        ("SDSS r'", "CFHT", "", "SLOAN/SDSS.r", True),
        ("r'", "", "", "SLOAN/SDSS.r", False),
        ("2MASS Ks", "", "", "2MASS/2MASS.Ks", True),
        ("V", "", "", "Generic/Bessell.V", False),
        ("H", "ESO-VLT-U4", "HAWKI", "Paranal/HAWKI.H", True),
        ("H", "ESO-VLT-U1", "", "Paranal/HAWKI.H", False),
        ("F606W", "", "ACS", "HST/ACS_WFC.F606W", True),
        ("HST ACS/WFC F606W", "", "", "HST/ACS_WFC.F606W", True),
        ("acs_wfc_f606w", "", "", "HST/ACS_WFC.F606W", True),
        ("F606W;CLEAR2L", "HST", "ACS", "HST/ACS_WFC.F606W", True),
        ("CLEAR1L, F814W", "HST", "ACS", "HST/ACS_WFC.F814W", True),
        ("V-band", "", "", "Generic/Bessell.V", False),
    ],
)
def test_a_filter_as_people_write_it(
    settings: Settings, text: str, facility: str, instrument: str, expected: str, fills: bool
) -> None:
    one = product(text, facility_name=facility, instrument_name=instrument)
    proposals = propose(one, settings=settings)
    assert {p.column for p in proposals} == {"em_min", "em_max"}
    assert all(expected in p.detail and p.service == "svo" for p in proposals)
    curate([one], settings=settings)
    assert (one.row["em_min"] is not None) == fills
    if fills:
        assert one.evidence["em_min"].source == "svo" and one.evidence["em_min"].raw == text
        assert 1e-7 < float(str(one.row["em_min"])) < float(str(one.row["em_max"])) < 3e-6
    else:
        assert {p.code for p in one.problems} == {"curation-proposed"} and "% sure" in one.problems[0].message


WRITTEN = {
    "Generic/Johnson.V": ["V Johnson", "JOHNSON-V", "V_JOHNSON", "Johnson-Cousins V"],
    "Generic/Bessell.B": ["Bessel B", "BESSELL B", "B (Bessell)", "BESS-B", "B_BESS"],
    "Generic/Cousins.R": ["Cousins R", "Rc", "R_c", "R (Cousins)", "Johnson-Cousins R", "Kron-Cousins R"],
    "SLOAN/SDSS.r": ["SDSS r", "r SDSS", "sdss_r", "r_SDSS", "SDSS-r'", "r' (SDSS)", "Sloan r", "r SDSS k1018"],
    "SLOAN/SDSS.g": ["SDSS g prime", "sloan g'"],
    "2MASS/2MASS.Ks": ["2MASS Ks", "Ks 2MASS", "2mass_k", "KS (2MASS)"],
    "2MASS/2MASS.J": ["J_2MASS", "2MASS J"],
    "PAN-STARRS/PS1.r": ["PS1 r", "r_PS1", "Pan-STARRS r", "r_P1", "PanSTARRS1 r"],
    "GALEX/GALEX.NUV": ["GALEX NUV", "NUV (GALEX)"],
    "WISE/WISE.W1": ["WISE 1", "WISE W1", "W1 WISE", "wise_w1"],
    "Spitzer/IRAC.I1": ["IRAC1", "IRAC ch1", "IRAC 3.6", "Spitzer IRAC 3.6um", "IRAC I1"],
    "Spitzer/MIPS.24mu": ["MIPS 24", "MIPS24um"],
    "Herschel/Pacs.red": ["PACS 160", "PACS red"],
    "Herschel/SPIRE.PSW": ["SPIRE 250um", "SPIRE PSW"],
    "IRAS/IRAS.60mu": ["IRAS 60", "IRAS 60um"],
    "CTIO/DECam.Y": ["DECam Y", "Y DECam c0005 10095.0 1130.0"],
    "CTIO/DECam.g": ["DECam g", "g DECam SDSS c0001 4720.0 1520.0"],
    "SkyMapper/SkyMapper.v": ["SkyMapper v"],
    "GAIA/GAIA3.G": ["Gaia G", "Gaia DR3 G"],
    "GAIA/GAIA3.Gbp": ["G_BP", "Gaia BP", "Gbp"],
    "Generic/Stromgren.y": ["Strömgren y", "Stroemgren y", "y (Stromgren)"],
    "Subaru/HSC.r2": ["HSC-R2"],
    "Palomar/ZTF.r": ["ZTF_r", "ZTF r"],
    "LSST/LSST.y": ["LSST y", "y_lsst"],
    "Paranal/VISTA.Ks": ["VISTA Ks"],
    "UKIRT/UKIDSS.K": ["UKIDSS K", "WFCAM K"],
    "Swift/UVOT.UVW1": ["UVOT UVW1", "Swift UVOT uvw1"],
    "TESS/TESS.Red": ["TESS"],
}


@pytest.mark.parametrize(("expected", "text"), [(i, t) for i, texts in WRITTEN.items() for t in texts])
def test_systems_that_a_filter_s_name_tells(expected: str, text: str) -> None:
    found = by_itself(text)
    assert found is not None and found.filter_id == expected and found.confidence > 0.9


@pytest.mark.parametrize(
    "text", ["V", "R", "Halpha", "OIII", "Blue", "F606W", "NB387", "1", "VR", "Sloan", "2MASS", "G"]
)
def test_a_name_that_tells_no_system(text: str) -> None:
    assert by_itself(text) is None


@pytest.mark.parametrize(
    ("text", "rest", "facility", "camera"),
    [
        ("NIRCam F200W", "F200W", "JWST", "NIRCam"),
        ("MIRI_F770W", "F770W", "JWST", "MIRI"),
        ("WFC3/IR F160W", "F160W", "HST", "WFC3 IR"),
        ("HST F606W", "F606W", "HST", ""),
        ("V filter", "V", "", ""),
        ("FORS2 v_HIGH", "v HIGH", "Paranal", "FORS2"),
        ("H_Alpha", "H_Alpha", "", ""),
        ("WFC3", "WFC3", "", ""),
    ],
)
def test_facility_and_camera_inside_a_filter_s_name(text: str, rest: str, facility: str, camera: str) -> None:
    assert placed(text) == Placed(rest, facility, camera)


@pytest.mark.parametrize(
    ("text", "one"),
    [("F606W;CLEAR2L", "F606W"), ("CLEAR,V", "V"), ("open | r'", "r'"), ("F606W,POL0V", "F606W,POL0V"), ("V", "V")],
)
def test_one_filter_in_several_wheels(text: str, one: str) -> None:
    assert the_one(text) == one


@pytest.mark.parametrize("text", ["CLEAR", "open", "None", "N/A", "CLEAR1L", "ND10", "", "no filter"])
def test_an_open_wheel_is_no_filter(text: str) -> None:
    assert not is_filter(text)


def test_nothing_resembling_gives_nothing(settings: Settings) -> None:
    assert propose(product("XYZ-77", facility_name="HST", instrument_name="ACS"), settings=settings) == []
    assert propose(product("XYZ-77", facility_name="my back garden"), settings=settings) == []


def test_a_band_that_is_known_is_not_asked_for(settings: Settings, services: StandIn) -> None:
    assert propose(product("F606W", facility_name="HST", em_min=4e-7, em_max=5e-7), settings=settings) == []
    assert not services.requests


def test_facilities_and_systems() -> None:
    assert facility_of("ESO-VLT-U4") == "Paranal" and facility_of("nowhere") == ""
    assert by_itself("Bessel R") == Named("Generic/Bessell.R", 0.95, "a band of the Bessell system")
    assert by_itself("Halpha") is None and among("x", "", []) == []


# -- when services fail ----------------------------------------------------------------------------------------------
def test_a_service_that_stumbles_is_asked_again(settings: Settings, services: StandIn) -> None:
    services.faults = {"simbad": [503, 429], "svo": [500]}
    one = product("Bessell V", target_name="M31")
    report = curate([one], settings=settings)
    assert not report.failures and one.row["s_ra"] and one.row["em_min"]
    assert services.requests["simbad"] == 3


@pytest.mark.parametrize("fault", ["hang", "close", "garbage", 500, 404])
def test_a_service_that_is_down_fills_nothing_delays_little_and_is_reported(
    settings: Settings, services: StandIn, fault: str | int
) -> None:
    services.faults = {"simbad": [fault] * 99, "sesame": [fault] * 99, "svo": [fault] * 99}
    products = [product(f"F{i}W", target_name=f"NGC {i}", facility_name="HST") for i in range(100)]
    report = curate(products, settings=replace(settings, timeout=0.2))
    assert all(count <= 1 + settings.retries for count in services.requests.values())
    assert report.filled == 0 and len(report.failures) == 2
    assert any("Simbad does not answer" in f for f in report.failures) and any("SVO" in f for f in report.failures)
    assert all(not p.row["s_ra"] and not p.row["em_min"] for p in products)


def test_offline(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    settings = Settings(nowhere, nowhere, nowhere, tmp_path, timeout=0.2, retries=0, pause=0.0)
    report = Curator(settings).curate([product("F606W", target_name="M 31", facility_name="HST")])
    assert report.filled == 0 and len(report.failures) == 2
    assert "Simbad does not answer: no connection; SVO does not answer: no connection" in str(report)


def test_a_failure_is_not_cached(settings: Settings, services: StandIn) -> None:
    services.faults = {"simbad": [404]}
    assert curate([product(target_name="M31")], settings=settings).failures
    one = product(target_name="M31")
    assert curate([one], settings=settings).filled == 3


# -- proposals and settings ------------------------------------------------------------------------------------------
def test_a_proposal_fills_what_is_empty_only() -> None:
    proposal = Proposal("target_class", "AGN", "simbad", 0.95, "M 31", "m31")
    assert Proposal(**proposal.to_dict()) == proposal
    empty, filled = product(), product(target_class="Galaxy")
    assert accept(empty, [proposal, proposal]) == 1 and accept(filled, [proposal]) == 0
    assert (empty.row["target_class"], filled.row["target_class"]) == ("AGN", "Galaxy")


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSCORE_CURATION_TIMEOUT", "3.5")
    monkeypatch.setenv("OBSCORE_CURATION_CACHE", "/tmp/x")
    settings = Settings.from_environment()
    assert settings.timeout == 3.5 and settings.cache == Path("/tmp/x")
    monkeypatch.setenv("OBSCORE_CURATION_RETRIES", "many")
    with pytest.raises(ConfigurationError, match="RETRIES"):
        Settings.from_environment()
