"""Gold proposals: each rule by hand, and each reason why a person must decide."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bundles import NAMES, TEXT, Row, bundle, counted, document, done, files_of, label, labels_of_a_document
from webapp.domain.annotations import Label
from webapp.domain.gold.consensus import bundle_gold
from webapp.domain.gold.posterior import RULES, Rule
from webapp.domain.gold.table_gold import table_gold
from webapp.domain.ratings.table import Ratings
from webapp.domain.schemes import Scheme, parse_scheme
from webapp.places import place

SCHEME: Scheme = parse_scheme((place("seeds") / "scheme.toml").read_text())
THREE = ("ana", "ben", "cem")


def proposals(labels: list[Row], annotators: tuple[str, ...] = THREE, rule: Rule = "majority", **more: Any) -> Any:
    return bundle_gold(counted(bundle(labels, annotators, **more)), SCHEME, rule)["clusters"]


def proposal(labels: list[Row], annotators: tuple[str, ...] = THREE, **more: Any) -> Any:
    (only,) = proposals(labels, annotators, **more)
    return only


def three(*changes: dict[str, Any], start: int = 0, end: int = 25) -> list[Row]:
    """One label each, alike but for the changes."""
    given = [*changes, *({} for _ in THREE)]
    spans = [(more.pop("start", start), more.pop("end", end)) for more in (dict(one) for one in given)]
    rest = [{key: value for key, value in more.items() if key not in ("start", "end")} for more in given]
    return [label(f"L{n}", name, *spans[n], **rest[n]) for n, name in enumerate(THREE)]


def test_all_agree() -> None:
    found = proposal(three())
    assert (found["decision"], found["reasons"]) == ("auto", [])
    assert (found["start"], found["end"], found["quote"]) == (0, 25, TEXT[:25])
    assert (found["labels"], found["annotators"], found["eligible"]) == (["L0", "L1", "L2"], 3, 3)
    assert found["votes"] == {
        "speaker": {"Author": 3},
        "stance": {"neutral": 3},
        "claim_type": {"FACT": 3},
        "on_target": {"true": 3},
        "ascribed": {"false": 3},
    }


OFF = {"on_target": False, "stance": None, "claim_type": None}


@pytest.mark.parametrize(
    ("changes", "reasons", "says"),
    [
        ([{"stance": "pro-copyright"}, {"stance": "pro-copyright"}], [], {"stance": "pro-copyright"}),
        (
            [{"stance": "pro-copyright"}, {"stance": "pro-fair-use"}, {"stance": "pro-copyright"}],
            ["stance_opposed"],
            {"stance": "pro-copyright"},
        ),
        (
            [{"stance": "pro-copyright"}, {"stance": "pro-fair-use"}],
            ["stance_opposed", "tie_stance"],
            {"stance": None},
        ),
        ([{"claim_type": "VALUE"}], [], {"claim_type": "FACT"}),
        ([{"claim_type": "VALUE"}, {"claim_type": "POLICY"}], ["tie_claim_type"], {"claim_type": None}),
        ([{"claim_type": None}], [], {"claim_type": "FACT"}),
        ([OFF], ["on_target_disagreement"], {"on_target": True, "stance": "neutral"}),
        ([OFF, OFF], ["on_target_disagreement"], {"on_target": False, "stance": None, "claim_type": None}),
        ([OFF, OFF, OFF], [], {"on_target": False, "stance": None}),
        ([{"ascribed": True}], ["ascribed_disagreement"], {"ascribed": False}),
        ([{**OFF, "ascribed": True}], ["on_target_disagreement"], {"ascribed": False}),
        ([{"speaker": "Lab"}], ["speaker_disagreement"], {"speaker": "Author"}),
        ([{"speaker": "Lab"}, {"speaker": None}], ["speaker_disagreement"], {"speaker": None}),
        ([{"speaker": None}, {"speaker": ""}], [], {"speaker": "Author"}),
        ([{"speaker": "AUTHOR"}, {"speaker": "AUTHOR "}], [], {"speaker": "AUTHOR"}),
        ([{"unsure": True}], ["unsure"], {}),
        ([{"start": 1}], [], {"start": 0}),
        ([{"end": 26}, {"end": 26}, {"end": 24}], [], {"end": 26}),
        ([{"end": 8}], ["boundary_disagreement"], {"end": 25}),
    ],
)
def test_fields_and_reasons(changes: list[dict[str, Any]], reasons: list[str], says: dict[str, Any]) -> None:
    found = proposal(three(*changes))
    assert (found["reasons"], found["decision"]) == (reasons, "human" if reasons else "auto")
    assert {key: found[key] for key in says} == says


def test_the_first_spelling_in_the_file_settles_a_tie() -> None:
    labels = three({"speaker": "LAB"}, {"speaker": "Lab"}, {"speaker": "lab"})
    for first, *others in (labels, labels[::-1], [labels[1], labels[0], labels[2]]):
        assert proposal([first, *others])["speaker"] == first["speaker"]


# ---- who marked it ----


@pytest.mark.parametrize(
    ("marked", "finished", "reasons"),
    [
        (1, 3, ["single_annotator"]),
        (1, 2, ["tie_span"]),
        (2, 4, ["tie_span"]),
        (2, 3, []),
        (1, 4, ["single_annotator"]),
    ],
)
def test_how_many_marked_it(marked: int, finished: int, reasons: list[str]) -> None:
    labels = [label(f"L{n}", name, 0, 25) for n, name in enumerate(NAMES[:marked])]
    assert proposal(labels, NAMES[:finished])["reasons"] == reasons


def test_two_of_five_are_a_minority() -> None:
    assert proposal([label("A", "ana", 0, 9), label("B", "ben", 0, 9)], (*NAMES, "eva"))["reasons"] == ["minority_span"]


@pytest.mark.parametrize(("state", "reasons"), [("open", ["one_annotator_only"]), ("withdrawn", []), (None, [])])
def test_one_annotator(state: str | None, reasons: list[str]) -> None:
    others = [done("ben", state=state)] if state else []
    files = files_of(documents=[document()], labels=[label("A", "ana", 0, 9)], assignments=[done("ana"), *others])
    (found,) = bundle_gold(counted(files), SCHEME, "one-coin")["clusters"]
    assert (found["single_by_plan"], found["reasons"]) == (not reasons, reasons)


def test_a_low_posterior_calls_a_person_unless_one_was_meant_to_decide() -> None:
    apart = [{"claim_type": "VALUE"}, {"claim_type": "POLICY"}]
    found = proposal(three(*apart), rule="one-coin")
    assert found["reasons"] == ["low_posterior", "tie_claim_type"]
    assert found["claim_type_posterior"] < 0.8 < found["stance_posterior"]
    assert proposal(three(OFF, OFF, OFF), rule="one-coin")["stance_posterior"] is None
    assert proposal(three(*apart))["claim_type_posterior"] is None


# ---- spans ----


def test_the_medoid_and_its_tie_rules() -> None:
    """Of two spans as far from each other the longer; of two as long the earlier; of two alike the smaller id."""
    pairs = [((0, 20), (0, 21), "B"), ((0, 20), (1, 21), "A"), ((1, 21), (0, 20), "B"), ((0, 20), (0, 20), "A")]
    for one, other, chosen in pairs:
        found = proposal([label("A", "ana", *one), label("B", "ben", *other)], ("ana", "ben"))
        span = one if chosen == "A" else other
        assert (found["start"], found["end"], found["quote"]) == (*span, TEXT[slice(*span)])


def test_the_more_frequent_span_wins_before_the_longer() -> None:
    spans = [(10, 20), (10, 20), (11, 22), (9, 18), (9, 18), (8, 17)]
    labels = [label(f"L{n}", f"a{n}", *span) for n, span in enumerate(spans)]
    found = proposal(labels, tuple(f"a{n}" for n in range(6)))
    assert (found["start"], found["end"]) == (10, 20)


@pytest.mark.parametrize(
    ("one", "other", "disputed"),
    [((0, 28), (0, 26), False), ((0, 26), (0, 25), True), ((0, 34), (0, 31), False), ((34, 42), (31, 42), False)],
)
def test_only_letters_and_digits_are_worth_a_dispute(
    one: tuple[int, int], other: tuple[int, int], disputed: bool
) -> None:
    """TEXT has “fair, but 🙂 Beta” at 22: the comma at 26, “but” at 28, the smile at 32."""
    found = proposal([label("A", "ana", *one), label("B", "ben", *other)], ("ana", "ben"))
    assert ("boundary_disagreement" in found["reasons"]) is disputed, TEXT[slice(*one)]


def test_words_in_an_excluded_region_are_nobodys() -> None:
    labels = [label("A", "ana", 0, 20), label("B", "ben", 0, 25)]
    assert "boundary_disagreement" in proposal(labels, ("ana", "ben"))["reasons"]
    found = proposal(labels, ("ana", "ben"), excluded=[[20, 40]])
    assert found["reasons"] == ["boundary_discontinuity"]
    assert (found["start"], found["end"]) == (0, 25)


def test_a_chain_without_a_common_code_point() -> None:
    found = proposal(three({"end": 10}, {"start": 5, "end": 15}, {"start": 10, "end": 20}))
    assert "boundary_discontinuity" in found["reasons"]


def plain_boundary(members: list[Label], excluded: set[int]) -> tuple[str, set[str]]:
    """The id of the chosen label and the reasons, from sets of code points."""
    points = {v.id: set(range(v.given.start, v.given.end)) for v in members}
    sums = {
        v.id: sum(abs(v.given.start - w.given.start) + abs(v.given.end - w.given.end) for w in members) for v in members
    }
    same = {v.id: sum(points[v.id] == points[w.id] for w in members) for v in members}
    chosen = min(members, key=lambda v: (sums[v.id], -same[v.id], -len(points[v.id]), v.given.start, v.id)).id

    def differ(a: str, b: str) -> bool:
        return any(TEXT[i].isalnum() for i in (points[a] ^ points[b]) - excluded)

    def is_far(a: str) -> bool:
        kept, other = points[a] - excluded, points[chosen] - excluded
        return 2 * len(kept & other) < len(kept | other)

    ties = [id for id in points if sums[id] == sums[chosen]]
    disputed = any(differ(a, b) for a in ties for b in ties) or any(differ(a, chosen) and is_far(a) for a in points)
    broken = not set.intersection(*points.values()) - excluded or bool(points[chosen] & excluded)
    names = ("boundary_disagreement", "boundary_discontinuity")
    return chosen, {name for name, is_so in zip(names, (disputed, broken), strict=True) if is_so}


@given(labels_of_a_document(), st.lists(st.tuples(st.integers(0, 16), st.integers(1, 4)), max_size=2))
def test_boundaries_as_sets_of_code_points_have_them(labels: list[Row], regions: list[tuple[int, int]]) -> None:
    excluded = [[start, start + length] for start, length in regions]
    found = counted(bundle(labels, NAMES, excluded=excluded))
    gone = {i for start, end in excluded for i in range(start, end)}
    by_id = {v.id: v for d in found.documents for v in d.labels}
    for row in bundle_gold(found, SCHEME, "majority")["clusters"]:
        chosen, reasons = plain_boundary([by_id[id] for id in row["labels"]], gone)
        given = by_id[chosen].given
        assert (row["start"], row["end"], row["quote"]) == (given.start, given.end, given.quote)
        assert {reason for reason in row["reasons"] if reason.startswith("boundary")} == reasons


def test_the_chain_goes_with_the_speaker() -> None:
    chain = ["voice", "Author"]
    assert proposal(three({"chain": chain}))["chain"] == chain
    assert proposal(three({"chain": chain, "speaker": "Lab"}))["chain"] == []
    assert proposal(three({"chain": chain, "speaker": "Lab"}, {"speaker": "Bank"}))["chain"] == []


# ---- the whole ----


@given(labels_of_a_document())
def test_every_label_is_in_one_cluster(labels: list[Row]) -> None:
    for rule in RULES:
        made = bundle_gold(counted(bundle(labels, NAMES)), SCHEME, rule)
        assert sorted(id for row in made["clusters"] for id in row["labels"]) == sorted(row["id"] for row in labels)
        assert made["auto"] + made["human"] == len(made["clusters"])
        places = [(row["document"], row["start"], row["end"], row["labels"]) for row in made["clusters"]]
        assert places == sorted(places)
        assert all((row["decision"] == "human") == bool(row["reasons"]) for row in made["clusters"])


# ---- tables ----


def table(rows: list[tuple[str, str, str]], rule: Rule = "one-coin") -> Any:
    units, annotators, values = zip(*rows, strict=True) if rows else ((), (), ())
    return table_gold(Ratings.from_columns(units, annotators, values), SCHEME, rule)


def test_units_of_a_table() -> None:
    rows = [
        *(("u2", name, "x") for name in THREE),
        *(("u1", name, value) for name, value in zip(THREE, "xyz", strict=True)),
        ("u3", "ana", "y"),
        *(("u4", name, f"pro-{value}") for name, value in (("ana", "copyright"), ("ben", "fair-use"))),
        ("u4", "cem", "pro-copyright"),
    ]
    made = table(rows)
    items = {item["unit"]: item for item in made["items"]}
    assert list(items) == ["u2", "u1", "u3", "u4"]
    assert {unit: item["value"] for unit, item in items.items()} == {
        "u2": "x",
        "u1": None,
        "u3": "y",
        "u4": "pro-copyright",
    }
    assert items["u2"]["reasons"] == []
    assert "tie" in items["u1"]["reasons"]
    assert "single_annotator" in items["u3"]["reasons"]
    assert "stance_opposed" in items["u4"]["reasons"]
    assert set(made["annotator_accuracy"]) == set(THREE)
    assert (made["auto"], made["human"]) == (1, 3)


def test_majority_knows_no_posterior_and_dawid_skene_no_accuracy() -> None:
    rows = [("u1", "ana", "x"), ("u1", "ben", "y"), ("u2", "ana", "x"), ("u2", "ben", "x")]
    by_majority, by_model = table(rows, "majority"), table(rows, "dawid-skene")
    assert [item["posterior"] for item in by_majority["items"]] == [None, None]
    assert by_majority["items"][0]["reasons"] == ["tie"]
    assert "annotator_accuracy" not in by_majority | by_model
    assert "tie" in by_model["items"][0]["reasons"]


def test_dawid_skene_does_not_break_a_tie_either() -> None:
    (item,) = table([("u1", "ana", "x"), ("u1", "ben", "y")], "dawid-skene")["items"]
    assert (item["value"], item["posterior"]) == (None, 0.5)


def test_a_table_without_ratings() -> None:
    assert table([]) == {"rule": "one-coin", "annotator_accuracy": {}, "auto": 0, "human": 0, "items": []}
