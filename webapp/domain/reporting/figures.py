"""Measures as JSON objects: a value or a reason, an interval or a reason."""

from typing import Any

from webapp.domain.agreement import Estimate, Measure, Pair, measures
from webapp.domain.ratings.table import Ratings
from webapp.domain.reporting.intervals import Interval, jackknife

LEAD = "krippendorff_alpha"  # what pages and reports show first
SWITCHED_OFF = "Intervals were switched off."


def rating_figures(ratings: Ratings, intervals: bool = True) -> dict[str, Any]:
    """F of the specification: counts over the ratings there are, and every measure of a table."""
    return {
        "units": len(ratings.units),
        "annotators": len(ratings.annotators),
        "ratings": ratings.size,
        "lead": LEAD,
        "measures": {measure.name: measured(measure, ratings, intervals) for measure in measures("ratings")},
    }


def measured(measure: Measure[Any], data: Any, intervals: bool = True) -> dict[str, Any]:
    """The measure object: `value`, `low`, `high`, `reason`, `interval_reason`, what pairs say, further details."""
    estimate = measure.estimate(data)
    interval = _interval(measure, data, estimate, intervals)
    figure: dict[str, Any] = {
        "value": estimate.value,
        "low": interval.low,
        "high": interval.high,
        "reason": estimate.reason,
        "interval_reason": interval.reason,
    }
    if estimate.pairs is not None:
        figure["pairs"] = [_pair(pair) for pair in estimate.pairs]
    return figure | dict(estimate.details)


def _interval(measure: Measure[Any], data: Any, estimate: Estimate, wanted: bool) -> Interval:
    if estimate.value is None:
        return Interval(None, None)
    if not wanted:
        return Interval(None, None, SWITCHED_OFF)
    return jackknife(estimate.value, measure.leave_one_out(data), measure.lowest, measure.highest)


def _pair(pair: Pair) -> dict[str, Any]:
    known = {"a": pair.a, "b": pair.b, "value": pair.value, "units": pair.units, "thin": pair.thin}
    return known if pair.reason is None else known | {"reason": pair.reason}
