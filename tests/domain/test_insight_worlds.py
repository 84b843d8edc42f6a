"""What stands behind the figures of agreement: small worlds whose answers are known."""

import json

import pytest
from msgspec.structs import replace

from tests.bundles import Row, document, done, label
from tests.insights import SCHEME, World, world
from webapp.domain.annotations import FIELDS
from webapp.domain.insight.confusion import MOST_SPEAKERS, REST

FOR, AGAINST = "pro-fair-use", "pro-copyright"


def two(id: str, start: int = 0, end: int = 5, ana: dict[str, object] | None = None, **ben: object) -> list[Row]:
    """A label of Ana and one of Ben on the same words."""
    return [label(f"{id}a", "ana", start, end, **(ana or {})), label(f"{id}b", "ben", start, end, **ben)]


def test_opposed_stances_come_before_all_else() -> None:
    rows = [
        *two("1", 0, 5, stance="pro-copyright"),  # against neutral
        *two("2", 10, 15, speaker="Lab", claim_type="VALUE"),
        *two("3", 20, 25, ana={"stance": FOR}, stance=AGAINST),
        *two("4", 40, 45, on_target=False, stance=None),
        *two("5", 50, 55),
        label("6a", "ana", 60, 65),
        *two("7", 70, 80, ascribed=True),
    ]
    found = world(*rows).insight["clusters"]
    assert [(c["number"], c["score"], c["differs"]) for c in found] == [
        (3, 4.0, ["stance"]),
        (2, 3.0, ["speaker", "claim_type"]),
        (4, 3.0, ["on_target"]),
        (1, 2.0, ["stance"]),
        (6, 1.0, ["marked"]),
        (7, 1.0, ["ascribed"]),
        (5, 0.0, []),
    ]


def test_a_stance_that_opposes_itself_opposes_nothing() -> None:
    neutral = SCHEME.stances[2]
    stances = (*SCHEME.stances[:2], replace(neutral, opposes=("neutral",)))
    rows = two("1", ana={"stance": FOR})
    made = World([document()], rows, [done("ana"), done("ben")], replace(SCHEME, stances=stances))
    assert [c["score"] for c in made.insight["clusters"]] == [2.0]


def test_a_majority_disagrees_less_than_two_against_two() -> None:
    names = ["ana", "ben", "cem", "dan"]
    split = [label(f"1{n}", n, 0, 5, stance=FOR if n in ("ana", "ben") else AGAINST) for n in names]
    single = [label(f"2{n}", n, 10, 15, stance=FOR if n == "ana" else AGAINST) for n in names]
    found = world(*split, *single, people=" ".join(names)).insight["clusters"]
    assert [(c["number"], c["score"]) for c in found] == [(1, pytest.approx(16 / 6)), (2, pytest.approx(12 / 6))]


def test_edges_differ_only_in_words() -> None:
    """ "Alpha said the fee is fair, but": a space, a comma and excluded words make no difference."""
    same = [label("1a", "ana", 0, 5), label("1b", "ben", 0, 6)]
    comma = [label("2a", "ana", 22, 26), label("2b", "ben", 22, 27)]
    words = [label("3a", "ana", 33, 38), label("3b", "ben", 33, 44)]
    differs = {c["number"]: c["differs"] for c in world(*same, *comma, *words).insight["clusters"]}
    assert differs == {1: [], 2: [], 3: ["span"]}
    empty = [label("4a", "ana", 31, 33), label("4b", "ben", 31, 34)]  # nothing but a picture and spaces
    assert [c["differs"] for c in world(*empty).insight["clusters"]] == [[]]
    gone = world(*words, excluded=[[39, 44]]).insight["clusters"]
    assert [(c["differs"], c["start"], c["end"]) for c in gone] == [([], 33, 44)]


def test_values_are_shown_as_compared() -> None:
    rows = two("1", ana={"speaker": "  The LAB "}, speaker="the lab", stance="odd", on_target=False)
    (found,) = world(*rows).insight["clusters"]
    first, second = ({field: shown[field] for field in FIELDS} for shown in found["labels"])
    assert list(first.values()) == ["the lab", "neutral", "FACT", "true", "false"]
    assert list(second.values()) == ["the lab", "", "", "false", "false"]
    assert found["differs"] == ["on_target"]


def test_confusions_have_the_scheme_s_order_and_then_others() -> None:
    found = world(*two("1", ana={"stance": "odd", "claim_type": "ODD"})).insight["confusions"]
    assert found["stance"]["values"] == [*(s.id for s in SCHEME.stances), "odd"]
    assert found["claim_type"]["values"] == [*(c.id for c in SCHEME.claim_types), "ODD"]
    assert found["ascribed"]["values"] == ["false", "true"]
    counts = dict(zip(found["stance"]["values"], found["stance"]["counts"], strict=True))
    assert counts["neutral"] == [0, 0, 0, 1]
    assert counts["odd"] == [0, 0, 1, 0]


def test_twelve_speakers_and_the_rest() -> None:
    names = [f"s{n:02}" for n in range(15)]
    rows = [
        row for n, name in enumerate(names) for row in two(f"{n:02}", 6 * n, 6 * n + 4, {"speaker": name}, speaker=name)
    ]
    more = two("x", 90, 92, {"speaker": "s12"}, speaker="s13")
    found = world(*rows, *more).insight["confusions"]["speaker"]
    assert found["values"] == ["s12", "s13", *names[:10], REST]
    assert REST.casefold() != REST
    assert (len(found["values"]), found["counts"][-1][-1]) == (MOST_SPEAKERS + 1, 6)
    assert found["rest"] == {"values": 3, "same": 6}
    assert found["counts"][0][:2] == [2, 1]


def test_somebody_who_holds_others_together() -> None:
    """Ana's and Cem's spans share too little to meet without Ben's between them."""
    rows = []
    for id in ("d1", "d2"):
        more = {"document": id}
        rows += [label(f"{id}a", "ana", 0, 10, stance=FOR, **more), label(f"{id}b", "ben", 5, 15, **more)]
        rows += [label(f"{id}c", "cem", 10, 20, stance=AGAINST, **more)]
        rows += [label(f"{id}{n}", n, 40, 50, stance=FOR, **more) for n in ("ana", "cem")]
    found = world(*rows, people="ana ben cem", documents=("d1", "d2"))
    assert found.insight["matching"] == {"clusters": 4, "of_all": 2, "alone": 0, "labels": 10}
    without = {row["annotator"]: row["alpha_without"]["stance"] for row in found.insight["annotators"]}
    assert without == {name: found.without("annotator", name).alphas["stance"] for name in ("ana", "ben", "cem")}
    assert without["ben"] is None


def test_somebody_with_no_label_at_all() -> None:
    found = world(*two("1"), *two("2", 10, 20, stance=FOR), people="ana ben cem").insight
    cem = found["annotators"][2]
    assert (cem["labels"], cem["documents"], cem["alone"]) == (0, 1, 0)
    assert cem["alpha_without"]["stance"] == pytest.approx(0.0)
    assert cem["kappa_with_others"] == dict.fromkeys(FIELDS)
    assert found["matching"]["of_all"] == 0
    assert [row["f1_overlap"] for row in found["pairs"]] == [1.0, 0.0, 0.0]


def test_a_cluster_is_of_the_day_of_its_latest_label() -> None:
    late = two("1", ana={"created_at": "2025-04-01T23:00:00Z"}, created_at="2025-04-02T00:10:00Z")
    early = two("2", 10, 20, ana={"created_at": "2025-04-01T09:00:00Z"})
    never = two("3", 40, 50, ana={"created_at": 17}, created_at="yesterday")
    found = world(*late, *early, *never).insight["over_time"]
    assert found["stance"] == [
        {"day": "2025-04-01", "clusters": 1, "alpha": None},
        {"day": "2025-04-02", "clusters": 1, "alpha": None},
    ]


def test_merging_that_helps_comes_first() -> None:
    rows = [row for n in range(3) for row in two(f"{n}", 10 * n, 10 * n + 5, claim_type="VALUE")]
    more = [
        row for n in range(3, 6) for row in two(f"{n}", 10 * n, 10 * n + 5, {"claim_type": "OTHER"}, claim_type="OTHER")
    ]
    best, *others = world(*rows, *more).insight["what_if"]["merged"]
    assert (best["field"], best["a"], best["b"], best["alpha"]) == ("claim_type", "FACT", "VALUE", pytest.approx(1.0))
    stances = [row for row in others if row["field"] == "stance"]
    assert [row["change"] for row in stances] == [None] * 3
    unused = next(row for row in others if (row["a"], row["b"]) == ("POLICY", "TESTIMONY"))
    assert unused["change"] == 0.0


def test_the_weakest_field_of_a_document() -> None:
    rows = two("1", claim_type="VALUE") + two("2", 10, 20, {"speaker": "Lab"}, speaker="Lab")
    (found,) = world(*rows).insight["documents"]
    assert (found["weakest"], found["alpha"]["speaker"], found["differences"]) == ("claim_type", pytest.approx(1.0), 1)


def test_nothing_to_compare() -> None:
    found = world(label("1", "ana", 0, 5), people="ana").insight
    assert found["matching"] == {"clusters": 0, "of_all": 0, "alone": 0, "labels": 0}
    assert [found[key] for key in ("documents", "annotators", "pairs", "clusters")] == [[], [], [], []]
    assert found["over_time"] == {field: [] for field in FIELDS}
    assert not any(map(any, found["confusions"]["stance"]["counts"]))


def test_json() -> None:
    found = world(*two("1"), label("2", "ana", 60, 65)).insight
    assert json.loads(json.dumps(found, allow_nan=False)) == found
