"""Times and their formats (RFC 3339, RFC 9110 §5.6.7)."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules import clock
from api.rules.clock import http_date, now, parse_http_date, parse_timestamp, timestamp

MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones() | st.just(UTC))
MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_now_is_utc_in_whole_milliseconds() -> None:
    moment = now()
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "1994-11-06T08:49:37.000Z"),
        (MOMENT.replace(microsecond=999_999), "1994-11-06T08:49:37.999Z"),
        (MOMENT.astimezone(timezone(timedelta(hours=-5))), "1994-11-06T08:49:37.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_timestamp_has_three_fractional_digits_and_z(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text


@pytest.mark.parametrize("write", [timestamp, http_date])
def test_a_moment_without_a_zone_is_refused(write: object) -> None:
    with pytest.raises(ValueError, match="time zone"):
        write(datetime(2026, 1, 1))  # type: ignore[operator]  # the point of the test


@pytest.mark.parametrize(
    "text",
    [
        "1994-11-06T08:49:37Z",
        "1994-11-06t08:49:37z",
        "1994-11-06T08:49:37.0Z",
        "1994-11-06T08:49:37.000000000Z",
        "1994-11-06T08:49:37+00:00",
        "1994-11-06T08:49:37-00:00",
        "1994-11-06T10:19:37+01:30",
        "1994-11-05T23:49:37-09:00",
    ],
)
def test_rfc_3339_is_read(text: str) -> None:
    moment = parse_timestamp(text)
    assert moment == MOMENT
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("fraction", "microseconds"), [(".5", 500_000), (".1234", 123_400), (".123456", 123_456), (".1234569", 123_456)]
)
def test_fractions_are_cut_to_microseconds(fraction: str, microseconds: int) -> None:
    assert parse_timestamp(f"1994-11-06T08:49:37{fraction}Z") == MOMENT.replace(microsecond=microseconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1994-11-06",
        "1994-11-06T08:49:37",
        "1994-11-06 08:49:37Z",
        "1994-11-06T08:49Z",
        "1994-11-06T08:49:37.Z",
        "1994-11-06T08:49:37,5Z",
        "1994-11-06T08:49:37+0100",
        "1994-11-06T08:49:37+24:00",
        "1994-11-06T08:49:37+01:60",
        "1994-11-06T24:00:00Z",
        "1994-11-06T08:60:00Z",
        "1994-11-06T08:49:61Z",
        "1990-12-31T23:59:60Z",
        "1994-13-06T08:49:37Z",
        "1994-02-29T08:49:37Z",
        "19941106T084937Z",
        "1994-W44-7T08:49:37Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1994-11-06T08:49:37Z\n",
        " 1994-11-06T08:49:37Z",
        "١٩٩٤-11-06T08:49:37Z",
    ],
)
def test_a_text_that_is_not_rfc_3339_is_none(text: str) -> None:
    assert parse_timestamp(text) is None


@given(MOMENTS)
def test_a_timestamp_is_read_back_to_the_millisecond(moment: datetime) -> None:
    utc = moment.astimezone(UTC)
    assert parse_timestamp(timestamp(moment)) == utc.replace(microsecond=utc.microsecond // 1000 * 1000)


@given(MOMENTS)
def test_an_http_date_is_written_as_email_writes_it_and_read_back(moment: datetime) -> None:
    utc = moment.astimezone(UTC).replace(microsecond=0)
    assert http_date(moment) == format_datetime(utc, usegmt=True)
    assert parse_http_date(http_date(moment)) == utc


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_the_three_forms_of_http_dates_are_read(text: str) -> None:
    assert parse_http_date(text) == MOMENT


def test_a_leap_second_is_the_second_before() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("digits", "year"), [("26", 2026), ("76", 2076), ("77", 1977), ("94", 1994), ("00", 2000)])
def test_two_digit_years_are_at_most_fifty_years_ahead(monkeypatch: pytest.MonkeyPatch, digits: str, year: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    assert parse_http_date(f"Monday, 01-Jan-{digits} 00:00:00 GMT") == datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "junk",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, 0٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_a_text_that_is_not_an_http_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None
