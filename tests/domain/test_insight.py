"""What stands behind the figures of agreement: against plain loops, and against the figures of other data."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings

from tests.insights import World, worlds
from webapp.domain.agreement import cohen_kappa, measures
from webapp.domain.annotations import FIELDS, Annotated, Label
from webapp.domain.clusters import clusters
from webapp.domain.insight.hardness import WEIGHTS
from webapp.domain.ratings.fields import field_ratings, matched
from webapp.domain.spans.continua import spans_of
from webapp.domain.votes import opposed_stances

some = settings(max_examples=30)  # each is a whole report
Group = tuple[Annotated, tuple[Label, ...]]


def alike(alpha: float | None) -> object:
    return None if alpha is None else pytest.approx(alpha, abs=1e-9)


def groups(world: World) -> list[Group]:
    return [(document, group) for document in world.annotations.compared for group in clusters(document.labels)]


def rated(world: World, field: str) -> Iterator[tuple[Group, list[str]]]:
    """Clusters of a field's table, and their values."""
    place = FIELDS.index(field)
    for group in groups(world):
        values = [label.values[place] for label in group[1] if label.values[place]]
        if len(values) > 1:
            yield group, values


def plain_alpha(units: list[list[str]]) -> float | None:
    """From the coincidence matrix, pair by pair."""
    seen: Counter[tuple[str, str]] = Counter()
    for values in units:
        for pair in permutations(values, 2):
            seen[pair] += 1 / (len(values) - 1)
    given: Counter[str] = Counter()
    for (value, _), weight in seen.items():
        given[value] += weight
    apart = sum(weight for (a, b), weight in seen.items() if a != b)
    chance = sum(given[a] * given[b] for a, b in permutations(given, 2))
    return 1 - (sum(given.values()) - 1) * apart / chance if chance > 1e-9 else None


@some
@given(worlds())
def test_alpha_of_each_document_and_day(world: World) -> None:
    for field in FIELDS:
        for row in world.insight["documents"]:
            units = [values for (document, _), values in rated(world, field) if document.id == row["document"]]
            assert row["alpha"][field] == alike(plain_alpha(units))
        for row in world.insight["over_time"][field]:
            units = [values for (_, labels), values in rated(world, field) if day(labels) == row["day"]]
            assert (row["clusters"], row["alpha"]) == (len(units), alike(plain_alpha(units)))
        days = {day(labels) for (_, labels), _ in rated(world, field)} - {""}
        assert [row["day"] for row in world.insight["over_time"][field]] == sorted(days)


def day(labels: tuple[Label, ...]) -> str:
    return max(str(label.given.created_at)[:10] for label in labels)


@some
@given(worlds())
def test_without_a_document_as_if_it_had_never_been_there(world: World) -> None:
    for row in world.insight["what_if"]["without_document"]:
        assert row["alpha"] == {f: alike(a) for f, a in world.without("document", row["document"]).alphas.items()}


@some
@given(worlds())
def test_without_an_annotator_as_if_they_had_never_been_there(world: World) -> None:
    for row in world.insight["annotators"]:
        rest = world.without("annotator", row["annotator"]).alphas
        assert row["alpha_without"] == {field: alike(alpha) for field, alpha in rest.items()}


@some
@given(worlds())
def test_merged_as_if_both_had_one_name(world: World) -> None:
    """Where renaming does not make labels meet in other clusters."""
    rows = world.insight["what_if"]["merged"]
    for row in rows:
        other = world.renamed(row["field"], row["b"], row["a"])
        if [[v.id for v in group] for _, group in groups(world)] != [[v.id for v in g] for _, g in groups(other)]:
            continue
        assert row["alpha"] == alike(other.alphas[row["field"]])
        now = world.alphas[row["field"]]
        assert row["change"] == (None if now is None or row["alpha"] is None else alike(row["alpha"] - now))
    gains = [row["change"] for row in rows if row["change"] is not None]
    assert gains == sorted(gains, reverse=True)
    assert [row["change"] for row in rows[len(gains) :]] == [None] * (len(rows) - len(gains))


@some
@given(worlds())
def test_confusions_pair_by_pair(world: World) -> None:
    for field in FIELDS:
        place, found = FIELDS.index(field), world.insight["confusions"][field]
        pairs: Counter[tuple[str, str, str, str]] = Counter()
        for _, group in groups(world):
            for x, y in permutations(group, 2):
                if x.values[place] and y.values[place]:
                    pairs[x.annotator, y.annotator, x.values[place], y.values[place]] += 1
        total: Counter[tuple[str, str]] = Counter()
        for (_, _, v, w), times in pairs.items():
            total[v, w] += times
        values = found["values"]
        assert found["counts"] == [[total[v, w] for w in values] for v in values]
        assert sum(map(sum, found["counts"])) == sum(total.values())
        assert [(row["a"], row["b"]) for row in found["pairs"]] == sorted({(a, b) for a, b, _, _ in pairs if a < b})
        for row in found["pairs"]:
            assert row["counts"] == [[pairs[row["a"], row["b"], v, w] for w in values] for v in values]


@some
@given(worlds())
def test_pairs_and_annotators(world: World) -> None:
    compared, found = world.annotations.compared, world.insight
    common = Counter(two for d in compared for two in combinations(d.annotators, 2))
    assert [(row["a"], row["b"], row["documents"]) for row in found["pairs"]] == sorted(
        (*two, count) for two, count in common.items()
    )
    (overlap,) = (measure for measure in measures("spans") if measure.name == "f1_overlap")
    overlaps = {(pair.a, pair.b): pair.value for pair in overlap.estimate(spans_of(world.annotations)).pairs or ()}
    tables = field_ratings(matched(compared), world.scheme)
    kappas = {f: {(p.a, p.b): p for p in cohen_kappa.estimate(tables[f]).pairs or ()} for f in FIELDS}
    for row in found["pairs"]:
        two = row["a"], row["b"]
        known = {f: kappas[f][two] for f in FIELDS if two in kappas[f]}
        shown = {f: (pair.value, pair.units) for f, pair in known.items()}
        assert {f: (v["kappa"], v["units"]) for f, v in row["fields"].items()} == dict.fromkeys(
            FIELDS, (None, 0)
        ) | shown
        assert (row["f1_overlap"], row["thin"]) == (overlaps[two], True)
    for row in found["annotators"]:
        name = row["annotator"]
        own = [group for _, group in groups(world) if any(v.annotator == name for v in group)]
        assert (row["labels"], row["alone"]) == (len(own), sum(len(group) == 1 for group in own))
        assert row["documents"] == sum(name in document.annotators for document in compared)
        for f in FIELDS:
            with_others = [p.value for two, p in kappas[f].items() if name in two and p.value is not None]
            assert row["kappa_with_others"][f] == (
                pytest.approx(sum(with_others) / len(with_others)) if with_others else None
            )
    assert [row["annotator"] for row in found["annotators"]] == sorted({n for d in compared for n in d.annotators})


@some
@given(worlds())
def test_matching(world: World) -> None:
    all_groups = groups(world)
    assert world.insight["matching"] == {
        "clusters": len(all_groups),
        "of_all": sum(len(group) == len(document.annotators) for document, group in all_groups),
        "alone": sum(len(group) == 1 for _, group in all_groups),
        "labels": sum(len(document.labels) for document in world.annotations.compared),
    }


def words(document: Annotated, label: Label) -> set[int]:
    """The letters and digits of a span outside excluded regions."""
    gone = {at for start, end in document.excluded for at in range(start, end)}
    return {at for at in range(label.given.start, label.given.end) if document.text[at].isalnum()} - gone


def plain_pair(world: World, document: Annotated, x: Label, y: Label) -> Counter[str]:
    """What two labels on the same words differ in."""
    found: Counter[str] = Counter()
    for field, v, w in zip(FIELDS, x.values, y.values, strict=True):
        if v and w and v != w:
            opposed = field == "stance" and frozenset((v, w)) in opposed_stances(world.scheme)
            found["opposed" if opposed else field] += 1
    found["span"] += words(document, x) != words(document, y)
    return found


@some
@given(worlds())
def test_the_most_disagreed_first(world: World) -> None:
    expected = []
    for number, (document, group) in enumerate(groups(world), 1):
        found: Counter[str] = Counter()
        for x, y in combinations(group, 2):
            found += plain_pair(world, document, x, y)
        found["marked"] = len(group) * (len(document.annotators) - len(group))
        pairs = len(list(combinations(document.annotators, 2)))
        score = sum(WEIGHTS[kind] * times for kind, times in found.items()) / pairs
        kinds = [k for k in (*FIELDS, "span", "marked") if found[k] or (k == "stance" and found["opposed"])]
        expected.append((-score, number, document.id, kinds, {label.id for label in group}))
    shown = [
        (pytest.approx(-row["score"]), row["number"], row["document"], row["differs"], {v["id"] for v in row["labels"]})
        for row in world.insight["clusters"]
    ]
    assert sorted(expected, key=lambda row: (round(row[0], 9), row[1])) == shown


@some
@given(worlds())
def test_clusters_show_their_labels(world: World) -> None:
    by_id = {label.id: label for _, group in groups(world) for label in group}
    for row in world.insight["clusters"]:
        assert row["start"] == min(v["start"] for v in row["labels"])
        assert row["end"] == max(v["end"] for v in row["labels"])
        assert [v["annotator"] for v in row["labels"]] == sorted(v["annotator"] for v in row["labels"])
        for shown in row["labels"]:
            label = by_id[shown["id"]]
            assert (shown["annotator"], shown["unsure"]) == (label.annotator, label.given.unsure)
            assert (shown["start"], shown["end"]) == (label.given.start, label.given.end)
            assert tuple(shown[field] for field in FIELDS) == label.values


@some
@given(worlds())
def test_documents_with_most_to_settle_first(world: World) -> None:
    found = world.insight
    for row in found["documents"]:
        own = [cluster for cluster in found["clusters"] if cluster["document"] == row["document"]]
        assert (row["clusters"], row["differences"]) == (len(own), sum(bool(c["differs"]) for c in own))
        assert row["score"] == pytest.approx(sum(c["score"] for c in own))
        stages = [row["alpha"][field] for field in ("speaker", "stance", "claim_type")]
        lowest = min((a for a in stages if a is not None), default=None)
        assert row["alpha"].get(row["weakest"]) == lowest
    order = [(-row["score"], row["document"]) for row in found["documents"]]
    assert order == sorted(order)
    assert sorted(row["document"] for row in found["documents"]) == [d.id for d in world.annotations.compared]


@some
@given(worlds())
def test_the_order_of_lines_changes_nothing(world: World) -> None:
    turned = World(world.documents[::-1], world.labels[::-1], world.assignments[::-1])
    assert turned.insight == world.insight
