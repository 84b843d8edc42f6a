"""Sentences of the agreement report: each says what its figures show, and never more than the interval allows."""

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.reporting.wording import (
    asked_sentences,
    asked_tag,
    confusion_sentence,
    drift_sentence,
    field_sentence,
    matching_sentence,
    merge_sentence,
    number,
    stage_sentence,
    stages,
)

NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
START = "In these articles two annotators who marked the same words "
MORE = "That is more than chance would give."
OPEN = "Whether that is more than chance would give, the figures cannot tell."


def figure(value: float | None, low: float | None = None, high: float | None = None, **more: Any) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "reason": None, "interval_reason": None, **more}


ABOVE = figure(0.7, 0.5, 0.9)


# ---- one field ----


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (figure(0.78, 0.62, 0.88), "about eight of ten cases; for other articles of this kind the interval says {}."),
        (figure(0.97, 0.91, 1.0), "almost all cases; for other articles of this kind the interval says {}."),
        (figure(0.02, 0.0, 0.11), "hardly any cases; for other articles of this kind the interval says {}."),
        (figure(0.70, 0.70, 0.70), "about seven of ten cases; for other articles of this kind the interval says {}."),
        (figure(0.5, 0.02, 0.98), "about five of ten cases; what it would be in other articles of this kind, {}."),
    ],
)
def test_how_often_two_agree(share: dict[str, Any], words: str) -> None:
    ranges = {
        0.78: "between six and nine of ten",
        0.97: "at least nine of ten",
        0.02: "at most two of ten",
        0.70: "seven of ten",
        0.5: "these are too few to say",
    }
    expected = f"{START}choose the same stance in {words.format(ranges[share['value']])} {MORE}"
    assert field_sentence("stance", share, ABOVE) == expected


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted))
def test_never_more_than_the_interval_allows(values: list[float]) -> None:
    low, value, high = values
    said = field_sentence("claim_type", figure(value, low, high), ABOVE)
    claim = re.search(r"the interval says (at least|at most|between)? ?(\w+)(?: and (\w+))? of ten", said)
    if claim is None:
        assert value in (0, 1) or "too few to say" in said
        return
    first, second = NUMBERS.index(claim[2]), NUMBERS.index(claim[3]) if claim[3] else None
    least, most = {"at least": (first, 10), "at most": (0, first), "between": (first, second)}.get(
        claim[1], (first, first)
    )
    assert least / 10 <= low + 1e-9
    assert most is not None and most / 10 >= high - 1e-9


def test_without_an_interval_its_reason_is_told() -> None:
    share = figure(0.8, interval_reason="An interval needs at least two documents.")
    said = field_sentence("speaker", share, figure(0.6, interval_reason="An interval needs at least two documents."))
    assert (
        said == f"{START}name the same speaker in about eight of ten cases. An interval needs at least two documents."
    )


def test_without_a_figure_there_is_a_reason() -> None:
    nothing = figure(None, reason="No unit was rated by two annotators.")
    assert field_sentence("stance", nothing, nothing) == (
        "There is no figure yet. No unit was rated by two annotators."
    )


def test_all_and_none_speak_of_these_articles_only() -> None:
    assert field_sentence("ascribed", figure(1.0, 1.0, 1.0), figure(None, reason="Only one value was given.")) == (
        f"{START}always agree on whether it is ascribed. Only one value was given."
    )
    assert field_sentence("on_target", figure(0.0, 0.0, 0.0), figure(-0.5, -0.6, -0.4)) == (
        f"{START}never agree on whether it is on target. That is less than chance would give."
    )


@pytest.mark.parametrize(("low", "words"), [(0.01, MORE), (0.0, OPEN), (-0.2, OPEN)])
def test_more_than_chance_only_where_the_interval_says_so(low: float, words: str) -> None:
    assert field_sentence("stance", figure(0.8, 0.7, 0.9), figure(0.4, low, 0.8)).endswith(words)


# ---- stages ----


def test_whether_the_same_words_were_marked() -> None:
    assert matching_sentence({"clusters": 1081, "of_all": 65, "alone": 10, "labels": 1171}) == (
        "Everyone who finished the article marked 65 of 1,081 passages; one person alone marked 10."
    )
    nothing = matching_sentence(dict.fromkeys(("clusters", "of_all", "alone", "labels"), 0))
    assert nothing == "Nobody marked anything in articles that two or more finished."


def test_one_stage_below_all_others() -> None:
    said = stage_sentence([("the speaker", figure(0.9, 0.8, 1)), ("the claim type", figure(0.5, 0.4, 0.6))])
    assert said == "Most agreement is lost on the claim type (0.50): its interval lies below all others."


def test_intervals_that_overlap_tell_nothing() -> None:
    said = stage_sentence([("the speaker", figure(0.9, 0.6, 1)), ("the claim type", figure(0.5, 0.4, 0.6))])
    assert said == (
        "The claim type has the lowest figure (0.50), but the intervals overlap: the figures cannot tell where most "
        "agreement is lost."
    )


def test_below_some_of_them() -> None:
    found = [("the speaker", figure(0.9, 0.8, 1.0)), ("the stance", figure(0.8, 0.7, 0.9))]
    others = [("on target or not", figure(0.6, 0.5, 0.7)), ("ascribed or not", figure(None, reason="None."))]
    said = stage_sentence([*found, ("the claim type", figure(0.5, 0.4, 0.6)), *others])
    assert said == (
        "The claim type has the lowest figure (0.50). It is below the speaker and the stance; whether it is below "
        "on target or not, the intervals leave open."
    )


def test_without_intervals_no_stage_is_blamed() -> None:
    said = stage_sentence([("the speaker", figure(0.9)), ("the claim type", figure(0.1))])
    assert "the figures cannot tell" in said
    assert stage_sentence([("the speaker", figure(0.9, 0.8, 1))]) == (
        "There are too few figures to say where agreement is lost."
    )


def test_stages_of_a_report() -> None:
    table = {"measures": {"krippendorff_alpha": ABOVE}}
    fields = dict.fromkeys(("speaker", "stance", "claim_type", "on_target", "ascribed"), table)
    names = ["the speaker", "the stance", "the claim type"]
    found = stages({"spans": {"alpha_u": figure(0.4)}, "fields": fields})
    assert found == [("which words are marked", figure(0.4)), *((name, ABOVE) for name in names)]


# ---- matrices ----


def said_of(values: str, counts: list[list[int]], **more: Any) -> str:
    return confusion_sentence({"values": values.split(), "counts": counts, "pairs": [], **more}, str.upper)


def test_what_is_taken_for_what() -> None:
    assert said_of("a b c", [[8, 5, 1], [5, 4, 2], [1, 2, 6]]) == (
        "A and B are taken for one another most often (5 of 8 pairs that differ)."
    )


def test_nothing_stands_out() -> None:
    assert said_of("a b c", [[8, 2, 2], [2, 4, 0], [2, 0, 0]]) == "Of 4 pairs that differ no two values stand out."
    assert said_of("a b", [[8, 0], [0, 4]]) == "No two labels on the same words differ."
    assert said_of("a b", [[0, 0], [0, 0]]) == "There are no two labels on the same words to compare."
    assert said_of("a b", [[0, 5], [5, 4]]) == "All that differs is A and B (5 pairs that differ)."
    assert said_of("a b", [[0, 1], [1, 4]]) == "All that differs is A and B (1 pair that differs)."


def test_further_speakers_together_are_nobody() -> None:
    """Nine pairs with others, and three among these; the eight that agree do not count."""
    counts = [[4, 2, 9], [2, 0, 0], [9, 0, 14]]
    assert said_of("a b Other", counts, rest={"values": 5, "same": 8}) == (
        "A and B are taken for one another most often (2 of 14 pairs that differ)."
    )
    assert said_of("a Other", [[4, 9], [9, 0]], rest={"values": 5, "same": 0}) == (
        "Of 9 pairs that differ no two values stand out."
    )


# ---- what if ----


def test_merging_two() -> None:
    rows = [{"field": "claim_type", "a": "policy", "b": "position", "alpha": 0.71, "change": 0.1}]
    assert merge_sentence(rows, lambda field, value: value.upper()) == (
        "Were POLICY and POSITION one value, claim type α would be 0.71 instead of 0.61. Merging never lowers percent "
        "agreement, so look at what the two mean before you do it."
    )


def test_merging_that_gains_nothing() -> None:
    row = {"field": "stance", "a": "a", "b": "b"}
    none = "Merging two values would raise no α by as much as 0.01."
    assert merge_sentence([row | {"alpha": 0.602, "change": 0.001}], lambda f, v: v) == none
    assert merge_sentence([row | {"alpha": 0.5, "change": -0.1}], lambda f, v: v) == none
    assert merge_sentence([row | {"alpha": None, "change": None}], lambda f, v: v) == "There is no α to compare with."


# ---- time ----


def days(*alphas: float | None, clusters: int = 10) -> list[dict[str, Any]]:
    return [{"day": f"2025-04-{n:02}", "clusters": clusters, "alpha": alpha} for n, alpha in enumerate(alphas, 1)]


def test_no_trend_of_few_days() -> None:
    seven = days(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    for found in (seven, [*seven, *days(0.8, clusters=9)], [*seven, *days(None)]):
        assert drift_sentence("claim_type", found) == (
            "Too few days to speak of a trend in claim type α: 7 days have ten passages or more, and it takes eight."
        )
    assert "1 day has" in drift_sentence("stance", days(0.1))


def test_a_trend_only_where_chance_would_seldom_make_it() -> None:
    up = drift_sentence("stance", days(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8))
    assert up.startswith("Over 8 days stance α rises more steadily than chance would have it")
    down = drift_sentence("stance", days(0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1))
    assert down.startswith("Over 8 days stance α falls more steadily")
    some = drift_sentence("stance", days(0.4, 0.1, 0.3, 0.2, 0.5, 0.6, 0.7, 0.8))
    assert some == "No trend can be seen in stance α over 8 days."
    assert drift_sentence("stance", days(*[0.5] * 8)) == "No trend can be seen in stance α over 8 days."


def test_chance_seldom_makes_a_trend() -> None:
    """At most one in a hundred where no day has anything to do with another."""
    random = Random(1)
    said = [drift_sentence("stance", days(*(random.random() for _ in range(12)))) for _ in range(2000)]
    assert sum("more steadily" in words for words in said) <= 20


def test_numbers() -> None:
    assert [number(x) for x in (-0.004, -0.123, 0.005001, 1)] == ["0.00", "−0.12", "0.01", "1.00"]


# ---- why a person is asked ----


def cluster(*reasons: str, **more: Any) -> dict[str, Any]:
    votes = {
        "speaker": {"openai": 1, "google": 1},
        "stance": {"pro-copyright": 2, "pro-fair-use": 1},
        "claim_type": {"FACT": 1, "VALUE": 1},
        "on_target": {"true": 2, "false": 1},
        "ascribed": {"false": 2, "true": 1},
    }
    sure = {"stance": "pro-copyright", "claim_type": None, "stance_posterior": 0.7, "claim_type_posterior": 0.5}
    return {"reasons": list(reasons), "votes": votes, "annotators": 1, "eligible": 3, **sure, **more}


@pytest.mark.parametrize(
    ("reasons", "said", "tag"),
    [
        (["stance_opposed", "tie_stance"], ["Opposed stances: PRO-COPYRIGHT (2), PRO-FAIR-USE (1)."], "stance"),
        (["tie_claim_type"], ["No claim type leads: FACT (1), VALUE (1)."], "claim type"),
        (["single_annotator"], ["One of 3 marked it."], "one marked it"),
        (["low_posterior"], ["The votes leave the stance uncertain."], "uncertain"),  # no claim type wins at all
        (
            ["ascribed_disagreement"],
            ["In the speaker's own voice or ascribed: own voice (2), ascribed (1)."],
            "ascribed",
        ),
        (["unsure", "boundary_disagreement"], ["They marked different words.", "Somebody was unsure."], "words"),
        ([], [], ""),
    ],
)
def test_why_somebody_is_asked(reasons: list[str], said: list[str], tag: str) -> None:
    asked = cluster(*reasons)
    assert asked_sentences(asked, lambda _field, value: value.upper()) == said
    assert asked_tag(asked) == tag
