"""Measures as JSON: the shape of an object, and the plain tables of the cases through the whole of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.domain.agreement.tables import MEASURES, ratings, rows_of
from webapp.domain.errors import Invalid
from webapp.domain.ratings.rating_files import read_ratings
from webapp.domain.ratings.table import Ratings
from webapp.domain.reporting.figures import measured, rating_figures

CASES = sorted((Path(__file__).parents[1] / "cases" / "agreement").glob("table-*.json"))
OTHERS = ("settings", "software", "input_sha256", "kind")  # keys that the command adds


def test_a_defined_figure() -> None:
    assert measured(MEASURES["percent_agreement"], ratings(rows_of(a="1112", b="1121"))) == {
        "value": 0.5,
        "low": 0,
        "high": 1,
        "reason": None,
        "interval_reason": None,
    }


def test_an_undefined_figure_has_no_interval_either() -> None:
    assert measured(MEASURES["scott_pi"], ratings(rows_of(a="12"))) == {
        "value": None,
        "low": None,
        "high": None,
        "reason": "Only one annotator gave ratings; agreement needs two.",
        "interval_reason": None,
        "pairs": [],
    }


def test_without_intervals() -> None:
    found = measured(MEASURES["gwet_ac1"], ratings(rows_of(a="1112", b="1121")), intervals=False)
    assert (found["low"], found["high"], found["interval_reason"]) == (None, None, "Intervals were switched off.")


def test_one_document_has_no_interval() -> None:
    found = measured(MEASURES["gwet_ac1"], ratings(rows_of(a="12", b="12"), {"u01": "d", "u02": "d"}))
    assert (found["value"], found["low"]) == (1, None)
    assert found["interval_reason"].startswith("An interval needs at least two documents")


def test_the_table_of_a_field() -> None:
    found = rating_figures(ratings(rows_of(a="12.", b="122", c="...")))
    measures = found.pop("measures")
    assert found == {"units": 3, "annotators": 2, "ratings": 5, "lead": "krippendorff_alpha"}
    assert list(measures) == list(MEASURES)
    assert json.loads(json.dumps(measures, allow_nan=False)) == measures


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    if case.get("exit"):
        with pytest.raises(Invalid):
            table_of(case)
        return
    figures = rating_figures(table_of(case))
    for expected in case["expect"]:
        if not expected["path"].startswith(OTHERS):
            assert_expected(found_at(figures, expected["path"]), expected)


def table_of(case: dict[str, Any]) -> Ratings:
    rows = case["input"]["rows"]
    head = ["unit", "annotator", "value", "document"][: len(rows[0])]
    level = dict(zip(case["options"][::2], case["options"][1::2], strict=True)).get("--level", "nominal")
    return read_ratings("".join(",".join(row) + "\n" for row in [head, *rows]).encode(), level)


def found_at(figures: Any, path: str) -> Any:
    for key, name, value in re.findall(r"\[(\w+)=([^\]]*)\]|([^.\[\]]+)", path):
        if key:
            figures = [member for member in figures if str(member[key]) == name]
        else:
            figures = (figures[0] if isinstance(figures, list) else figures)[value]
    return figures


def assert_expected(found: Any, expected: dict[str, Any]) -> None:
    if "check" in expected:
        assert isinstance(found, str) and found, expected["path"]
    elif "tol" in expected:
        assert found == pytest.approx(expected["value"], abs=expected["tol"]), expected["path"]
    else:
        assert found == expected["value"], expected["path"]
