"""The consensus of a whole bundle: a proposal for each cluster, by any of the rules (section 7)."""

from collections.abc import Iterable, Sequence

import numpy as np

from webapp.domain.annotations import Annotations
from webapp.domain.clusters import clusters
from webapp.domain.gold.posterior import Ints, Rule, posterior
from webapp.domain.gold.proposals import CLAIM_TYPE, STANCE, Case, case_of, proposal
from webapp.domain.schemes import Scheme
from webapp.domain.votes import Gold, decided, opposed_stances, winner


def bundle_gold(annotations: Annotations, scheme: Scheme, rule: Rule) -> Gold:
    """The proposal for each cluster of all finished documents, by document, start, end, labels."""
    cases = [case_of(document, members) for document in annotations.documents for members in clusters(document.labels)]
    stance = _chances(cases, STANCE, scheme.stance_ids, rule)
    claim_type = _chances(cases, CLAIM_TYPE, scheme.claim_type_ids, rule)
    opposed = opposed_stances(scheme)
    rows = [proposal(case, chances, opposed) for case, *chances in zip(cases, stance, claim_type, strict=True)]
    rows.sort(key=lambda row: (row["document"], row["start"], row["end"], row["labels"]))
    return {"rule": rule, **decided(rows), "clusters": rows}


def _chances(cases: Sequence[Case], field: int, offered: Iterable[str], rule: Rule) -> list[float | None]:
    """Of each cluster the posterior of the winning value of a field, on a tie the largest; None without votes."""
    values = sorted({*offered, *(value for case in cases for value in case.votes[field])})
    voted = [place for place, case in enumerate(cases) if case.votes[field]]
    chances: list[float | None] = [None] * len(cases)
    if not voted or (found := posterior(_codes([cases[n] for n in voted], field, values), len(values), rule)) is None:
        return chances
    code = {value: number for number, value in enumerate(values)}
    winners = [winner(cases[place].votes[field]) for place in voted]
    of_winner = found.of([-1 if value is None else code[value] for value in winners])
    for place, value, chance, best in zip(voted, winners, of_winner.tolist(), found.best.tolist(), strict=True):
        chances[place] = best if value is None else chance
    return chances


def _codes(cases: Sequence[Case], field: int, values: Sequence[str]) -> Ints:
    """Clusters × annotators: the number of the value, -1 where there is none."""
    names = sorted({label.annotator for case in cases for label in case.members})
    column = {name: number for number, name in enumerate(names)}
    code = {value: number for number, value in enumerate(values)} | {"": -1}
    table = np.full((len(cases), len(names)), -1)
    for row, case in enumerate(cases):
        for label in case.members:
            table[row, column[label.annotator]] = code[label.values[field]]
    return table
