"""What a unit of a table most likely is, and every reason why a person must decide (section 7.2)."""

from collections import Counter
from collections.abc import Sequence

from webapp.domain.gold.posterior import Posterior, Rule, posterior
from webapp.domain.ratings.table import MISSING, Ratings
from webapp.domain.schemes import Scheme
from webapp.domain.votes import Gold, Opposed, decided, decision, is_low, is_opposed, leaders, opposed_stances, winner


def table_gold(ratings: Ratings, scheme: Scheme, rule: Rule) -> Gold:
    """The proposal for each unit of a table, in the order of the file."""
    found = posterior(ratings.codes, len(ratings.values), rule) if ratings.units else None
    votes = [_votes(row, ratings.values) for row in ratings.codes.tolist()]
    values = _most_probable(ratings, found) if rule == "dawid-skene" else [winner(counts) for counts in votes]
    chances = _chances(ratings, found, values)
    opposed = opposed_stances(scheme)
    items = [_item(*row, opposed) for row in zip(ratings.units, values, votes, chances, strict=True)]
    return {"rule": rule, **_accuracy(ratings, found, rule), **decided(items), "items": items}


def _votes(row: Sequence[int], values: Sequence[str]) -> Counter[str]:
    return Counter(values[code] for code in row if code != MISSING)


def _most_probable(ratings: Ratings, found: Posterior | None) -> list[str | None]:
    """The value with the largest posterior; None where two have it."""
    codes = [] if found is None else found.winner.tolist()
    return [None if code == MISSING else ratings.values[code] for code in codes]


def _chances(ratings: Ratings, found: Posterior | None, values: Sequence[str | None]) -> list[float | None]:
    """The posterior of each unit's value, the largest one where it has none."""
    if found is None:
        return [None] * len(values)
    code = {value: number for number, value in enumerate(ratings.values)}
    of_value = found.of([MISSING if value is None else code[value] for value in values])
    rows = zip(values, of_value.tolist(), found.best.tolist(), strict=True)
    return [best if value is None else chance for value, chance, best in rows]


def _accuracy(ratings: Ratings, found: Posterior | None, rule: Rule) -> Gold:
    if rule != "one-coin":
        return {}
    values = [] if found is None or found.accuracy is None else found.accuracy.tolist()
    return {"annotator_accuracy": dict(zip(ratings.annotators, values, strict=True))}


def _item(unit: str, value: str | None, votes: Counter[str], chance: float | None, opposed: Opposed) -> Gold:
    holds = {
        "tie": len(leaders(votes)) > 1,
        "single_annotator": votes.total() == 1,
        "stance_opposed": is_opposed(votes, opposed),
        "low_posterior": is_low(chance),
    }
    shown = {"unit": unit, "value": value, "votes": dict(votes.most_common()), "posterior": chance}
    return shown | decision(reason for reason, is_so in holds.items() if is_so)
