"""Sentences that say what figures of agreement show, and no more than their intervals allow; why a person is asked."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import ceil, floor, sqrt
from typing import Any

from webapp.domain.votes import is_low

Figure = Mapping[str, Any]  # a measure object: value, low, high, reason, interval_reason

FEWEST_DAYS, FEWEST_CLUSTERS = 8, 10  # below them nothing is said of a trend; a day counts with so many clusters
STEADY = 2.576  # two-sided 1 %, for there are five fields to look at

_SAME = {
    "speaker": "name the same speaker",
    "stance": "choose the same stance",
    "claim_type": "choose the same claim type",
    "on_target": "agree on whether it is on target",
    "ascribed": "agree on whether it is ascribed",
}
_STAGES = {  # on the same words; α of a flag that is seldom set is low however often two agree
    "speaker": "the speaker",
    "stance": "the stance",
    "claim_type": "the claim type",
}
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(value: float) -> str:
    """To two decimals with a true minus."""
    return f"{value:.2f}".replace("-", "−") if round(value, 2) else "0.00"


# ---- one field ----


def field_sentence(field: str, share: Figure, alpha: Figure) -> str:
    """How often two annotators agree on a field, and whether that is more than chance; of percent agreement and α."""
    if share["value"] is None:
        return f"There is no figure yet. {share['reason']}"
    said = f"In these articles two annotators who marked the same words {_often(_SAME[field], share)}"
    return f"{said} {_beyond_chance(alpha)}".strip()


def _often(agree: str, share: Figure) -> str:
    value, low, high = share["value"], share["low"], share["high"]
    if value in (0, 1):
        return f"{'always' if value else 'never'} {agree}."
    said = f"{agree} in {_about(value)} cases"
    if low is None or high is None:
        return f"{said}. {share['interval_reason'] or ''}".strip()
    return f"{said}; {_elsewhere(low, high)}."


def _about(share: float) -> str:
    tenths = round(10 * share)
    return {0: "hardly any", 10: "almost all"}.get(tenths, f"about {_NUMBERS[tenths]} of ten")


def _elsewhere(low: float, high: float) -> str:
    """The interval in tenths, rounded outward."""
    least, most = floor(round(10 * low, 9)), ceil(round(10 * high, 9))
    if (least, most) == (0, 10):
        return "what it would be in other articles of this kind, these are too few to say"
    said = "for other articles of this kind the interval says"
    if least == most:
        return f"{said} {_NUMBERS[least]} of ten"
    if least == 0:
        return f"{said} at most {_NUMBERS[most]} of ten"
    if most == 10:
        return f"{said} at least {_NUMBERS[least]} of ten"
    return f"{said} between {_NUMBERS[least]} and {_NUMBERS[most]} of ten"


def _beyond_chance(alpha: Figure) -> str:
    if alpha["value"] is None:
        return str(alpha["reason"])
    if alpha["low"] is None:
        return ""
    if alpha["low"] > 0:
        return "That is more than chance would give."
    if alpha["high"] < 0:
        return "That is less than chance would give."
    return "Whether that is more than chance would give, the figures cannot tell."


# ---- stages ----


def matching_sentence(matching: Mapping[str, int]) -> str:
    """Whether they marked the same words, as counts of these articles."""
    if not matching["clusters"]:
        return "Nobody marked anything in articles that two or more finished."
    everyone, clusters, alone = (f"{matching[key]:,}" for key in ("of_all", "clusters", "alone"))
    return (
        f"Everyone who finished the article marked {everyone} of {clusters} passages; one person alone marked {alone}."
    )


def stages(figures: Mapping[str, Any]) -> list[tuple[str, Figure]]:
    """Of a report of a bundle: which words were marked, then on the same words speaker, stance, claim type; with α."""
    found = [(name, figures["fields"][field]["measures"]["krippendorff_alpha"]) for field, name in _STAGES.items()]
    return [("which words are marked", figures["spans"]["alpha_u"]), *found]


def stage_sentence(stages: Sequence[tuple[str, Figure]]) -> str:
    """Where most agreement is lost, of stages with their names in a sentence, "the claim type", and their α.

    One is called lower than another only where their intervals do not overlap.
    """
    known = [(name, figure) for name, figure in stages if figure["value"] is not None]
    if len(known) < 2:
        return "There are too few figures to say where agreement is lost."
    name, lowest = min(known, key=lambda stage: stage[1]["value"])
    others = [stage for stage in known if stage[0] != name]
    above = [other for other, figure in others if _is_below(lowest, figure)]
    unclear = [other for other, _ in others if other not in above]
    lead = f"{_capital(name)} has the lowest figure ({number(lowest['value'])})"
    if not unclear:
        return f"Most agreement is lost on {name} ({number(lowest['value'])}): its interval lies below all others."
    if not above:
        return f"{lead}, but the intervals overlap: the figures cannot tell where most agreement is lost."
    return f"{lead}. It is below {_listed(above)}; whether it is below {_listed(unclear)}, the intervals leave open."


def _is_below(figure: Figure, other: Figure) -> bool:
    return figure["high"] is not None and other["low"] is not None and bool(figure["high"] < other["low"])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


# ---- matrices ----


def confusion_sentence(confusion: Mapping[str, Any], name: Callable[[str], str]) -> str:
    """Which two values are taken for one another most often; `name` is what a value is called."""
    counts, values, rest = confusion["counts"], confusion["values"], confusion.get("rest")
    named = len(values) - bool(rest)
    apart = {(a, b): counts[a][b] for a, b in combinations(range(len(values)), 2)}
    differing = sum(apart.values()) + ((counts[-1][-1] - rest["same"]) // 2 if rest else 0)
    if not sum(map(sum, counts)):
        return "There are no two labels on the same words to compare."
    if not differing:
        return "No two labels on the same words differ."
    most = max((times for (_, b), times in apart.items() if b < named), default=0)
    first = [two for two, times in apart.items() if times == most and two[1] < named]
    if len(first) != 1 or not most:
        return f"Of {_pairs(differing)} no two values stand out."
    one, other = (name(values[place]) for place in first[0])
    if most == differing:
        return f"All that differs is {one} and {other} ({_pairs(differing)})."
    return f"{one} and {other} are taken for one another most often ({most:,} of {_pairs(differing)})."


def _pairs(differing: int) -> str:
    return f"{differing:,} {'pair that differs' if differing == 1 else 'pairs that differ'}"


# ---- what if ----


def merge_sentence(merged: Sequence[Mapping[str, Any]], name: Callable[[str, str], str]) -> str:
    """What merging two values would do at best; rows as insight has them, `name` for (field, value)."""
    best = next((row for row in merged if row["change"] is not None), None)
    if best is None:
        return "There is no α to compare with."
    now, then = number(best["alpha"] - best["change"]), number(best["alpha"])
    if best["change"] <= 0 or now == then:
        return "Merging two values would raise no α by as much as 0.01."
    one, other = (name(best["field"], best[key]) for key in "ab")
    field = best["field"].replace("_", " ")
    return (
        f"Were {one} and {other} one value, {field} α would be {then} instead of {now}. Merging never lowers percent "
        "agreement, so look at what the two mean before you do it."
    )


# ---- time ----


def drift_sentence(field: str, days: Sequence[Mapping[str, Any]]) -> str:
    """Whether α rises or falls from day to day: Mann and Kendall's test on days with ten clusters, of eight or more.

    Sources: Mann 1945, Econometrica 13; Kendall 1975, Rank Correlation Methods.
    """
    alphas = [day["alpha"] for day in days if day["alpha"] is not None and day["clusters"] >= FEWEST_CLUSTERS]
    what = f"{field.replace('_', ' ')} α"
    if len(alphas) < FEWEST_DAYS:
        days_there = f"{len(alphas)} {'day has' if len(alphas) == 1 else 'days have'}"
        return (
            f"Too few days to speak of a trend in {what}: {days_there} ten passages or more, and it takes "
            f"{_NUMBERS[FEWEST_DAYS]}."
        )
    steadiness = _trend(alphas)
    if abs(steadiness) < STEADY:
        return f"No trend can be seen in {what} over {len(alphas)} days."
    moves = "rises" if steadiness > 0 else "falls"
    return (
        f"Over {len(alphas)} days {what} {moves} more steadily than chance would have it (Mann–Kendall, p < 0.01). "
        "Articles change from day to day too: read labels of the first and the last days."
    )


def _trend(values: Sequence[float]) -> float:
    """The test's z, corrected for ties and for continuity; positive where later values are higher."""
    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    ties = (values.count(value) for value in set(values))
    variance = (_spread(len(values)) - sum(map(_spread, ties))) / 18
    return 0.0 if score == 0 else (score - (1 if score > 0 else -1)) / sqrt(variance)


def _spread(count: int) -> int:
    return count * (count - 1) * (2 * count + 5)


# ---- why a person is asked ----

_DIFFER = {  # reasons that count the votes for the values of a field
    "stance_opposed": ("stance", "Opposed stances"),
    "tie_stance": ("stance", "No stance leads"),
    "tie_claim_type": ("claim_type", "No claim type leads"),
    "speaker_disagreement": ("speaker", "Different speakers"),
    "on_target_disagreement": ("on_target", "On the scheme's question or not"),
    "ascribed_disagreement": ("ascribed", "In the speaker's own voice or ascribed"),
}
_SAID = {
    "boundary_disagreement": "They marked different words.",
    "boundary_discontinuity": "Their marks share no words, or run over a part that is left out.",
    "unsure": "Somebody was unsure.",
    "one_annotator_only": "Only one annotator has finished this article, though others were to do it.",
}
_FLAGS = {"on_target": ("off target", "on target"), "ascribed": ("own voice", "ascribed")}
_TAGS = {"single_annotator": "one marked it", "tie_span": "not all marked it", "minority_span": "few marked it"}
_TAGS |= {"boundary_disagreement": "words", "boundary_discontinuity": "words", "one_annotator_only": "one annotator"}
_TAGS |= {reason: field.replace("_", " ") for reason, (field, _) in _DIFFER.items()}


def asked_sentences(cluster: Mapping[str, Any], name: Callable[[str, str], str]) -> list[str]:
    """Why a person decides on a cluster of gold, a sentence a reason; `name` is what a value of a field is called."""
    reasons = set(cluster["reasons"])
    if "stance_opposed" in reasons:
        reasons.discard("tie_stance")  # the same votes again
    if not _uncertain_fields(cluster):
        reasons.discard("low_posterior")
    return [_asked_sentence(reason, cluster, name) for reason in sorted(reasons, key=_asked_order)]


def asked_tag(cluster: Mapping[str, Any]) -> str:
    """The weightiest reason in a word or two, for a list; "" where nobody is asked."""
    first = min(cluster["reasons"], key=_asked_order, default="")
    return _TAGS.get(first) or {"low_posterior": "uncertain"}.get(first, first)


def _asked_order(reason: str) -> int:
    order = (*_DIFFER, *_SAID, *_TAGS, "low_posterior")
    return order.index(reason) if reason in order else len(order)


def _asked_sentence(reason: str, cluster: Mapping[str, Any], name: Callable[[str, str], str]) -> str:
    if reason in _DIFFER:
        field, lead = _DIFFER[reason]
        return f"{lead}: {_votes(field, cluster['votes'][field], name)}."
    if reason in ("single_annotator", "tie_span", "minority_span"):
        return f"{_number_word(cluster['annotators'])} of {cluster['eligible']} marked it."
    if reason == "low_posterior":
        fields = " and the ".join(field.replace("_", " ") for field in _uncertain_fields(cluster))
        return f"The votes leave the {fields} uncertain."
    return _SAID.get(reason, reason)


def _votes(field: str, votes: Mapping[str, int], name: Callable[[str, str], str]) -> str:
    called = {value: _FLAGS[field][value == "true"] if field in _FLAGS else name(field, value) for value in votes}
    return ", ".join(f"{called[value]} ({times})" for value, times in votes.items())


def _uncertain_fields(cluster: Mapping[str, Any]) -> list[str]:
    """Those whose winner is not sure enough; where no value wins another sentence says so."""
    fields = ("stance", "claim_type")
    return [field for field in fields if cluster[field] is not None and is_low(cluster[f"{field}_posterior"])]


def _number_word(count: int) -> str:
    return _capital(_NUMBERS[count]) if count < len(_NUMBERS) else str(count)
