"""What holds of every measure of a table: it is what plain loops over its definition give, whole and less a cluster."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.agreement.tables import MEASURES, Table, close_to, estimate, numbers, ratings, rows_of, tables
from webapp.domain.ratings.table import Ratings

CORRECTED = [name for name in MEASURES if name != "percent_agreement"]


def test_the_six_in_the_order_of_the_report() -> None:
    assert list(MEASURES) == [
        "percent_agreement",
        "cohen_kappa",
        "fleiss_kappa",
        "krippendorff_alpha",
        "gwet_ac1",
        "scott_pi",
    ]


@pytest.mark.parametrize("name", MEASURES)
def test_each_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    measure = MEASURES[name]
    assert measure.title and measure.definition.endswith(".") and any(year in measure.source for year in ("19", "20"))
    assert (measure.lowest, measure.highest) == ((0, 1) if name == "percent_agreement" else (-1, 1))


@given(tables())
def test_the_value_is_that_of_plain_loops(table: Table) -> None:
    data = table.ratings()
    for name, value in table.by_loops().items():
        found = MEASURES[name].estimate(data)
        assert numbers([found.value]) == close_to([value]), name
        assert (found.reason is None) == (found.value is not None), name


@given(tables())
def test_without_each_cluster_too(table: Table) -> None:
    data = table.ratings()
    if not data.clusters:
        return
    rests = [table.without(cluster).by_loops() for cluster in data.clusters]
    for name, measure in MEASURES.items():
        assert numbers(measure.leave_one_out(data)) == close_to(rest[name] for rest in rests), name


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_units_and_the_names_of_annotators_change_nothing(table: Table, chance: random.Random) -> None:
    names = sorted({annotator for _, annotator, _ in table.rows})
    other = dict(zip(names, chance.sample(names, len(names)), strict=True))
    rows = [(unit, other[annotator], value) for unit, annotator, value in table.rows]
    shuffled = ratings(chance.sample(rows, len(rows)), table.document_of, offered=table.offered, level=table.level)
    assert numbers(_values(shuffled).values()) == close_to(_values(table.ratings()).values())


@given(tables())
def test_twice_the_units(table: Table) -> None:
    """Shares stay, so all but α stay; α's n - 1 makes 1 - α grow by (2n - 1) / (2n - 2), n being its ratings."""
    before = table.ratings()
    again = [(f"{unit} again", annotator, value) for unit, annotator, value in table.rows]
    after = _values(ratings([*table.rows, *again], offered=table.offered, level=table.level))
    expected = _values(before)
    alpha, n = expected["krippendorff_alpha"], int((before.codes[before.pairable] >= 0).sum())
    if alpha is not None:
        expected["krippendorff_alpha"] = 1 - (1 - alpha) * (2 * n - 1) / (2 * n - 2)
    assert numbers(after.values()) == close_to(expected.values())


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("name", MEASURES)
def test_full_agreement_is_1(name: str, level: str) -> None:
    rows = rows_of(Alice="123123.", Bob="12312.1", Carol="1231231")
    assert estimate(name, rows, level=level).value == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("name", CORRECTED)
def test_chance_is_about_0(name: str, level: str) -> None:
    dice = random.Random(7)
    rows = [(f"u{n}", annotator, str(dice.randrange(4))) for n in range(3000) for annotator in ("a", "b", "c")]
    assert estimate(name, rows, level=level).value == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "No unit was rated by two annotators."),
        (rows_of(Alice="123"), "Only one annotator gave ratings; agreement needs two."),
        (rows_of(Alice="12..", Bob="..12"), "No unit was rated by two annotators."),
    ],
)
def test_nothing_to_compare_is_a_reason(name: str, rows: list, reason: str) -> None:
    found = estimate(name, rows)
    assert (found.value, found.reason) == (None, reason)


@pytest.mark.parametrize("name", CORRECTED)
def test_one_value_is_a_reason(name: str) -> None:
    found = estimate(name, rows_of(Alice="111", Bob="111", Carol="11."), offered=("1", "2", "3"))
    assert found.value is None
    assert "one value" in found.reason or "one and the same value" in found.reason


def test_one_value_is_full_percent_agreement() -> None:
    assert estimate("percent_agreement", rows_of(Alice="111", Bob="111")).value == 1


@pytest.mark.parametrize("name", ["fleiss_kappa", "gwet_ac1"])
def test_a_unit_rated_once_counts_in_how_often_values_are_used(name: str) -> None:
    assert estimate(name, rows_of(Alice="112", Bob="11.")).value == 1
    assert estimate("krippendorff_alpha", rows_of(Alice="112", Bob="11.")).value is None


def test_many_documents_one_with_nearly_everything() -> None:
    """What is left without the large document is small, and still right to the last digits."""
    rows, document_of, dice = [], {}, random.Random(3)
    for n in range(30_000):
        unit = f"u{n}"
        document_of[unit] = "large" if n >= 3 else f"d{n}"
        rows += [(unit, annotator, dice.choice("112")) for annotator in ("a", "b", "c")[: dice.choice((1, 2, 3))]]
    rows += [("u0", "x", "1"), ("u0", "y", "2"), ("u1", "x", "2"), ("u1", "y", "2")]
    table = Table(rows, document_of, None, "interval")
    data = table.ratings()
    expected = table.without("large").by_loops()
    for name, measure in MEASURES.items():
        without = dict(zip(data.clusters, measure.leave_one_out(data), strict=True))
        assert numbers([without["large"]]) == close_to([expected[name]]), name


def _values(data: Ratings) -> dict[str, float | None]:
    return {name: measure.estimate(data).value for name, measure in MEASURES.items()}
