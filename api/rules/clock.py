"""The current time, and time in the formats of JSON (RFC 3339) and HTTP (RFC 9110 §5.6.7)."""

import re
from datetime import UTC, datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAY = f"(?:{'|'.join(_DAYS)})"
_LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_HTTP_DATES = (
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),  # RFC 850
    re.compile(f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),  # asctime
)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def now() -> datetime:
    """Return the current time in UTC, in whole milliseconds, the precision of our timestamps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def present() -> str:
    """Return the current time as a timestamp."""
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    """Format a time as RFC 3339: in UTC, with three fractional digits and `Z`.

    Raises ValueError for a time without a time zone.
    """
    return _in_utc(moment).isoformat("T", "milliseconds")[:23] + "Z"


def parse_timestamp(text: str) -> datetime | None:
    """Return the time in UTC of an RFC 3339 date-time, or None if the text is not one.

    Any offset is accepted. Digits beyond microseconds are dropped. Also returns None
    for leap seconds and for times outside the years 1 to 9999, which `datetime` cannot represent.
    """
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def http_date(moment: datetime) -> str:
    """Format a time for HTTP, in whole seconds: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).

    Raises ValueError for a time without a time zone.
    """
    utc = _in_utc(moment)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"


def parse_http_date(text: str) -> datetime | None:
    """Return the time in UTC of an HTTP date in any of its three forms, or None if the text is not one.

    A leap second counts as the second before it. Two-digit years are at most
    50 years in the future (RFC 9110 §5.6.7).
    """
    match = next((found for form in _HTTP_DATES if (found := form.fullmatch(text))), None)
    if not match:
        return None
    day, hour, minute, second = (int(match[name]) for name in ("day", "hour", "minute", "second"))
    month = _MONTHS.index(match["month"]) + 1
    try:
        return datetime(_year(match["year"]), month, day, hour, minute, 59 if second == 60 else second, tzinfo=UTC)
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    this_year = now().year
    year = this_year // 100 * 100 + int(digits)
    return year - 100 if year > this_year + 50 else year
