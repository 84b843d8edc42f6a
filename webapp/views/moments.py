"""Moments as people read them: in the project's time zone, by the weekday for a week, then by the date."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

_STORED = "%Y-%m-%dT%H:%M:%SZ"
_CLOCK = "T"


def moment(stored: str | None, zone: str) -> str:
    """A stored moment such as `today, 14:05`, `on Friday, 14:05` or `2 April 2025, 14:05`; "never" for None.

    Work that came with a release has days only.
    """
    if stored is None:
        return "never"
    if _CLOCK not in stored:
        return day(stored, zone)
    return said(_local(stored, zone), datetime.now(ZoneInfo(zone)))


def said(then: datetime, today: datetime) -> str:
    days = (today.date() - then.date()).days
    clock = f"{then:%H:%M}"
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'}, {clock}"
    if 1 < days < 7:
        return f"on {then:%A}, {clock}"
    return f"{_in_words(then)}, {clock}"


def since(stored: str, zone: str) -> str:
    """The day from which something is so: `today`, `yesterday`, `Tuesday` or `2 April 2025`."""
    then, today = _local(stored, zone), datetime.now(ZoneInfo(zone))
    days = (today.date() - then.date()).days
    if days in (0, 1):
        return "yesterday" if days else "today"
    return f"{then:%A}" if 1 < days < 7 else _in_words(then)


def day(stored: str, zone: str) -> str:
    """The date of a stored moment, `2 April 2025`."""
    return _in_words(_local(stored, zone))


def published(given: str | None) -> str:
    """The day of an article, `21 March 2025` where it was given as a date, else as it was given."""
    try:
        return _in_words(date.fromisoformat((given or "")[:10]))
    except ValueError:
        return given or ""


def _in_words(then: date) -> str:
    return f"{then.day} {then:%B %Y}"


def _local(stored: str, zone: str) -> datetime:
    if _CLOCK not in stored:
        return datetime.fromisoformat(stored).replace(tzinfo=ZoneInfo(zone))
    return datetime.strptime(stored, _STORED).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def init_app(app: Flask) -> None:
    app.add_template_filter(moment)
    app.add_template_filter(day)
    app.add_template_filter(published)
