"""What a decision was made about, whether that still stands, and what of it is refused."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.gold.adjudication import (
    DecisionInput,
    GoldInput,
    Made,
    Place,
    former_of,
    key_of,
    letter,
    own_key,
    placed,
    readiness,
    refusal_of,
    waits,
)
from webapp.domain.labels import Surroundings
from webapp.domain.schemes import parse_scheme
from webapp.places import place as seed

TEXT = "The mayor said that the gates close at ten, and runners disagree with every word of it."
AROUND = Surroundings(
    text=TEXT,
    text_sha256="of the text",
    excluded=[(4, 9)],
    scheme=parse_scheme((seed("seeds") / "scheme.toml").read_text()),
    speakers=frozenset({"openai", "google"}),
)
GOLD = {"start": 10, "end": 26, "quote": TEXT[10:26], "speaker": "openai", "chain": ("google", "openai"),
        "stance": "neutral", "on_target": True, "ascribed": False, "claim_type": "FACT"}  # fmt: skip


def made(id: str, *labels: str, former: tuple[str, ...] = (), is_living: bool = True) -> Made:
    """`labels` such as "a1": label a in revision 1."""
    return Made(id, seen(*labels), frozenset(former), is_living)


def seen(*labels: str) -> dict[str, int]:
    return {label[0]: int(label[1:]) for label in labels}


def told(places: list[Place]) -> list[tuple[str, str, bool]]:
    """The labels, the decision, whether it is to be asked again."""
    return [("".join(sorted(p.seen)), p.decision.id if p.decision else "", p.is_stale) for p in places]


# ---- keys ----


def test_a_key_names_labels_and_revisions() -> None:
    key = key_of({"a": 1, "b": 2})
    assert key == key_of({"b": 2, "a": 1})
    assert len({key, key_of({"a": 1, "b": 3}), key_of({"a": 1}), key_of({"a": 1, "b": 2, "c": 1}), own_key("a")}) == 5


# ---- what stands ----


@pytest.mark.parametrize(
    ("what", "clusters", "expected"),
    [
        ("nothing changed", [seen("a1", "b1")], [("ab", "D", False)]),
        ("edited", [seen("a1", "b2")], [("ab", "D", True)]),
        ("deleted", [seen("a1")], [("a", "D", True)]),
        ("a new label joined", [seen("a1", "b1", "c1")], [("abc", "D", True)]),
        ("split", [seen("a1"), seen("b1")], [("a", "D", True), ("b", "", True)]),
        ("split, with others", [seen("a1", "c1"), seen("b1")], [("ac", "D", True), ("b", "", True)]),
        ("all gone", [seen("c1")], [("c", "", False), ("", "D", True)]),
        ("alone in the article", [], [("", "D", True)]),
    ],
)
def test_a_decision_on_two_labels(what: str, clusters: list[Any], expected: list[Any]) -> None:
    assert told(placed(clusters, [made("D", "a1", "b1")])) == expected, what


def test_a_decision_goes_with_most_of_its_labels() -> None:
    places = placed([seen("a2"), seen("b2", "c2"), seen("d1")], [made("D", "a1", "b1", "c1")])
    assert told(places) == [("a", "", True), ("bc", "D", True), ("d", "", False)]
    assert [one.id for one in places[0].earlier] == ["D"] and places[2].earlier == []


def test_of_two_decisions_on_what_is_one_cluster_now_neither_is_lost() -> None:
    places = placed([seen("a1", "b1", "c1")], [made("D", "a1"), made("E", "b1", "c1")])
    assert told(places) == [("abc", "E", True), ("", "D", True)]
    assert places[1].key == own_key("D")


def test_an_added_span_is_its_own_and_never_stale() -> None:
    assert told(placed([seen("a1")], [made("D")])) == [("a", "", False), ("", "D", False)]


def test_a_decision_taken_back_keeps_its_revision_and_nothing_else() -> None:
    gone = made("D", "a1", is_living=False)
    (place,) = placed([seen("a1")], [gone])
    assert (place.decision, place.is_stale) == (gone, False)
    assert told(placed([seen("a2")], [gone, made("E", is_living=False)])) == [("a", "", False)]


def test_what_a_decision_left_to_another_cluster_is_asked_again() -> None:
    """D was made on a and b, then anew on a alone: b may not be accepted behind its back."""
    old = made("D", "a1", "b1")
    anew = made("D", "a1", former=tuple(former_of(old, seen("a1"))))
    assert told(placed([seen("a1"), seen("b1")], [anew])) == [("a", "D", False), ("b", "", True)]
    decided = [anew, made("E", "b1")]
    assert told(placed([seen("a1"), seen("b1")], decided)) == [("a", "D", False), ("b", "E", False)]


LABELS = "abcdef"
ACTIONS = ("edit", "delete", "move", "decide", "clear", "add")
STEP = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9), st.integers(0, 9))


class Article:
    """Labels that people change and group, and decisions on them, kept as the service keeps them."""

    def __init__(self) -> None:
        self.revision = dict.fromkeys(LABELS, 1)
        self.group = {label: number // 2 for number, label in enumerate(LABELS)}
        self.made: dict[str, Made] = {}

    @property
    def clusters(self) -> list[dict[str, int]]:
        groups = sorted({self.group[label] for label in self.revision})
        return [{x: self.revision[x] for x in self.revision if self.group[x] == group} for group in groups]

    @property
    def places(self) -> list[Place]:
        return placed(self.clusters, list(self.made.values()))

    def step(self, what: str, x: int, y: int) -> None:
        label = LABELS[x % len(LABELS)]
        if what == "add":
            self.made[f"added {len(self.made)}"] = made(f"added {len(self.made)}")
        elif what in ("decide", "clear"):
            self._decide(x, is_living=what == "decide")
        elif label in self.revision:
            self.revision[label] += 1
            if what == "delete":
                del self.revision[label]
            elif what == "move":
                self.group[label] = y

    def _decide(self, x: int, *, is_living: bool) -> None:
        places = self.places
        if not places:
            return
        place = places[x % len(places)]
        one = place.decision or made(f"on a cluster {len(self.made)}")
        former = former_of(one, place.seen) if place.seen else one.former
        for other in [m.id for m in self.made.values() if m.seen and dict(m.seen) == dict(place.seen)]:
            del self.made[other]
        self.made[one.id] = replace(one, seen=dict(place.seen), former=former, is_living=is_living)


@given(st.lists(STEP, max_size=25))
def test_whatever_happens_to_the_labels_no_decision_is_lost_or_stands_for_others(steps: list[Any]) -> None:
    article = Article()
    for step in steps:
        article.step(*step)
        places, living = article.places, [one for one in article.made.values() if one.is_living]
        assert [dict(place.seen) for place in places if place.seen] == article.clusters
        shown = [place.decision.id for place in places if place.decision and place.decision.is_living]
        assert sorted(shown) == sorted(one.id for one in living)
        for place in places:
            _holds(place, living, article)


def _holds(place: Place, living: list[Made], article: Article) -> None:
    own = place.decision
    stands = own is not None and own.is_living and not place.is_stale
    if stands:
        assert own is not None and dict(own.seen) == dict(place.seen)
    elif place.seen:
        assert place.is_stale == any(one.touched & place.seen.keys() for one in living)
    else:
        assert place.is_stale and own is not None and own.seen
    if own is not None and own.seen and not own.seen.keys() & article.revision.keys() and own.is_living:
        assert (place.seen, place.is_stale) == ({}, True)


# ---- who is asked ----


@pytest.mark.parametrize(
    ("decision", "row", "is_stale", "expected"),
    [
        ("auto", None, False, False),
        ("human", None, False, True),
        ("human", {"action": "reject"}, False, False),
        ("human", {"action": "reject"}, True, True),
        ("auto", {"action": "accept"}, True, True),
        ("auto", None, True, True),
    ],
)
def test_who_waits(decision: str, row: Any, is_stale: bool, expected: bool) -> None:
    assert waits({"decision": decision, "decision_row": row, "stale": is_stale}) is expected


def test_an_article_is_ready_when_all_have_finished_or_the_round_is_closed() -> None:
    assert [readiness(False, 3, 3).ready, readiness(False, 3, 2).ready, readiness(True, 3, 0).ready] == [
        True,
        False,
        True,
    ]
    assert "2 of 3 annotators" in readiness(False, 3, 2).why and "Nobody" in readiness(False, 0, 0).why


def test_letters_go_on_behind_z() -> None:
    assert [letter(n) for n in (0, 25, 26, 27, 51, 52, 702)] == ["A", "Z", "AA", "AB", "AZ", "BA", "AAA"]


# ---- refusals ----


def code(action: Any, note: str = "", cluster: Any = None, **gold: Any) -> str | None:
    given = GoldInput(**GOLD | gold) if action in ("set", "add") else None
    decision = DecisionInput(id="x", action=action, gold=given, note=note)
    refusal = refusal_of(decision, cluster, AROUND)
    return refusal and f"{refusal.code} {refusal.field}"


# each breaks all that those before it test, so that the order shows
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("missing-field start", {"start": None}),
    ("out-of-range start", {"end": 999}),
    ("empty-span start", {"start": 12, "end": 12}),
    ("quote-mismatch quote", {"quote": "other words"}),
    ("edge-space start", {"start": 9, "quote": TEXT[9:26]}),
    ("excluded-region start", {"start": 4, "quote": TEXT[4:26]}),
    ("unknown-speaker speaker", {"speaker": "nobody", "chain": ("nobody",)}),
    ("unknown-stance stance", {"stance": "for"}),
    ("off-target-stance stance", {"on_target": False}),
    ("unknown-claim-type claim_type", {"claim_type": "WISH"}),
    ("chain-mismatch chain", {"chain": ("google",)}),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_refusals_in_the_order_of_the_contract(number: int) -> None:
    expected, change = BROKEN[number]
    assert code("set", **change) == expected
    later = {name: value for _, more in reversed(BROKEN[number + 1 :]) for name, value in more.items()}
    if not later.keys() & {"start", "end", "quote"} & ({*change} | {"start"}):
        assert code("set", "n" * 2_001, **later | change) == expected


def test_what_is_right_is_not_refused() -> None:
    assert code("set") is None and code("add") is None
    assert code("set", on_target=False, stance=None, claim_type=None) is None
    assert code("set", speaker=None) == "missing-field speaker" and code("set", stance=None) == "missing-field stance"
    assert code("set", chain=("google",) * 8 + ("openai",)) == "too-long chain"


@pytest.mark.parametrize("field", ["speaker", "stance", "claim_type", "ascribed"])
def test_a_proposal_that_lacks_a_value_cannot_be_accepted(field: str) -> None:
    assert code("accept", cluster=GOLD) is None
    assert code("accept", cluster=GOLD | {field: None}) == f"missing-field {field}"


@pytest.mark.parametrize("action", ["accept", "set", "reject", "add", "clear"])
def test_a_note_has_its_limit(action: str) -> None:
    assert code(action, "n" * 2_000, cluster=GOLD) is None
    assert code(action, "n" * 2_001, cluster=GOLD) == "too-long note"
