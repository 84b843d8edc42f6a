"""Moments as people read them: in the project's time zone, by the weekday for a week, then by the date."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask

_STORED = "%Y-%m-%dT%H:%M:%SZ"


def moment(stored: str | None, zone: str) -> str:
    """A stored moment such as `today, 14:05`, `on Friday, 14:05` or `2 April 2025, 14:05`; "never" for None."""
    if stored is None:
        return "never"
    return said(_local(stored, zone), datetime.now(ZoneInfo(zone)))


def said(then: datetime, today: datetime) -> str:
    days = (today.date() - then.date()).days
    clock = f"{then:%H:%M}"
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'}, {clock}"
    if 1 < days < 7:
        return f"on {then:%A}, {clock}"
    return f"{then.day} {then:%B %Y}, {clock}"


def day(stored: str, zone: str) -> str:
    """The date of a stored moment, `2 April 2025`."""
    then = _local(stored, zone)
    return f"{then.day} {then:%B %Y}"


def _local(stored: str, zone: str) -> datetime:
    return datetime.strptime(stored, _STORED).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def init_app(app: Flask) -> None:
    app.add_template_filter(moment)
    app.add_template_filter(day)
