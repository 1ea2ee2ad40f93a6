"""Rules: when a product was observed, on headers made for the purpose."""

import pytest
from extracted import codes, one
from fits_files import image


@pytest.mark.parametrize(
    ("cards", "mjd"),
    [
        ({"DATE__OBS": "2020-01-02T12:00:00"}, 58850.5),
        ({"DATE__OBS": "2020-01-02T12:00:00Z"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "TIME__OBS": "12:00:00"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "UT": "12:00:00.0"}, 58850.5),
        ({"DATE__OBS": "02/01/98", "TIME__OBS": "12:00:00"}, 50815.5),
        ({"DATE__OBS": "2020/01/02 12:00:00"}, 58850.5),
        ({"MJD__OBS": 58850.5}, 58850.5),
        ({"MJD__OBS": 2458851.0}, 58850.5),
        ({"JD": 2458851.0}, 58850.5),
        ({"DATE__OBS": "2020-01-02T12:00:00", "TIMESYS": "TAI"}, 58850.5 - 37 / 86400),
        ({"DATE__OBS": "2020-01-02T12:00:00", "TIMESYS": "TT"}, 58850.5 - 69.184 / 86400),
        ({"DATE__BEG": "2020-01-02T12:00:00", "DATE__OBS": "2019-01-01"}, 58850.5),
        ({"DATE__OBS": "2020-01-02", "MJD__OBS": 58850.5}, 58850.5),
        ({"TSTART": 43200.0, "MJDREFI": 58850, "MJDREFF": 0.0, "TIMESYS": "UTC"}, 58850.5),
        ({"DATE__OBS": "not a date"}, None),
        ({"DATE__OBS": "0000-00-00T00:00:00"}, None),
        ({"MJD__OBS": 0.0}, None),
        ({"MJD__OBS": 1e30}, None),
    ],
)
def test_times(cards: dict[str, object], mjd: float | None) -> None:
    product = one(image(**cards))
    assert product.row["t_min"] == (None if mjd is None else pytest.approx(mjd, abs=1e-6))


def test_an_end_follows_from_the_exposure() -> None:
    product = one(image(DATE__OBS="2020-01-02T12:00:00", EXPTIME=86.4))
    assert product.row["t_max"] == pytest.approx(58850.501)


def test_a_time_in_the_future_is_marked() -> None:
    assert "time-future" in codes(one(image(DATE__OBS="2099-01-02T12:00:00")))


@pytest.mark.parametrize(
    ("text", "mjd"),
    [
        ("2007-Sep-14", 54357.0),
        ("01-May-23 13:07:58", 60065.5472),
        ("27-OCT-82", 45269.0),
        ("2004-123", 53127.0),
        ("2004:123:12:00:00", 53127.5),
        ("Tue Nov 2 18:00:00 2010", 55502.75),
        ("2011.02.15_00:00:35_TAI", 55607.0 + 1 / 86400),
        ("2013-11-02T06:00:00,5", 56598.25),
        ("2001-02-30", None),
        ("00-00-00", None),
        ("2001-400", None),
    ],
)
def test_dates_as_people_write_them(text: str, mjd: float | None) -> None:
    assert one(image(DATE__OBS=text)).row["t_min"] == (mjd if mjd is None else pytest.approx(mjd, abs=2e-5))


def test_an_end_of_a_date_and_a_time_of_day() -> None:
    cards = {"DATE__OBS": "2010-11-03", "UTC__OBS": "4:37:54", "DATEEND": "2010-11-03", "UTCEND": "4:39:02"}
    product = one(image(**cards))
    assert product.row["t_max"] == pytest.approx(55503.19377, abs=1e-5)
    assert "time-order" not in codes(product)


def test_an_exposure_by_the_clock() -> None:
    assert one(image(EXPTIME="00:10:30")).row["t_exptime"] == pytest.approx(630.0)


def test_hours_as_a_number_in_a_text() -> None:
    assert one(image(DATE__OBS="2015-06-30", UT="12.5")).row["t_min"] == pytest.approx(57203.5208, abs=1e-4)


def test_an_end_that_is_only_a_time_of_day_may_be_on_the_next_day() -> None:
    product = one(image(DATE__OBS="2015-06-30T23:50:00", UTEND="00:10:00", EXPTIME=10.0))
    assert product.row["t_max"] == pytest.approx(57204 + 10 / 1440, abs=1e-6)
