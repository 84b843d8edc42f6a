"""What a cluster of labels most likely is, and every reason why a person must decide (section 7.3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from webapp.domain.annotations import FIELDS, Annotated, Annotations
from webapp.domain.boundaries import Boundary, boundary_of
from webapp.domain.clusters import Cluster, clusters
from webapp.domain.posterior import Ints, Rule, posterior
from webapp.domain.schemes import Scheme
from webapp.domain.votes import Gold, Opposed, decided, decision, is_low, is_opposed, leaders, opposed_stances, winner

_SPEAKER, _STANCE, _CLAIM_TYPE, _ON_TARGET, _ASCRIBED = range(len(FIELDS))


@dataclass(frozen=True, slots=True)
class _Case:
    """One cluster and what its labels say."""

    document: Annotated
    members: Cluster
    boundary: Boundary
    votes: tuple[Counter[str], ...]  # by FIELDS, of values as compared

    @property
    def is_on_target(self) -> bool:
        return 2 * self.votes[_ON_TARGET]["false"] <= len(self.members)


def bundle_gold(annotations: Annotations, scheme: Scheme, rule: Rule) -> Gold:
    """The proposal for each cluster of all finished documents, by document, start, end, labels."""
    cases = [_case(document, members) for document in annotations.documents for members in clusters(document.labels)]
    stance = _chances(cases, _STANCE, scheme.stance_ids, rule)
    claim_type = _chances(cases, _CLAIM_TYPE, scheme.claim_type_ids, rule)
    opposed = opposed_stances(scheme)
    rows = [_proposal(case, chances, opposed) for case, *chances in zip(cases, stance, claim_type, strict=True)]
    rows.sort(key=lambda row: (row["document"], row["start"], row["end"], row["labels"]))
    return {"rule": rule, **decided(rows), "clusters": rows}


def _case(document: Annotated, members: Cluster) -> _Case:
    columns = zip(*(label.values for label in members), strict=True)
    votes = tuple(Counter(value for value in column if value) for column in columns)
    return _Case(document, members, boundary_of(document, members), votes)


def _chances(cases: Sequence[_Case], field: int, offered: Iterable[str], rule: Rule) -> list[float | None]:
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


def _codes(cases: Sequence[_Case], field: int, values: Sequence[str]) -> Ints:
    """Clusters × annotators: the number of the value, -1 where there is none."""
    names = sorted({label.annotator for case in cases for label in case.members})
    column = {name: number for number, name in enumerate(names)}
    code = {value: number for number, value in enumerate(values)} | {"": -1}
    table = np.full((len(cases), len(names)), -1)
    for row, case in enumerate(cases):
        for label in case.members:
            table[row, column[label.annotator]] = code[label.values[field]]
    return table


def _proposal(case: _Case, chances: Sequence[float | None], opposed: Opposed) -> Gold:
    chosen, is_on_target = case.boundary.medoid, case.is_on_target
    stance, claim_type = (winner(case.votes[field]) if is_on_target else None for field in (_STANCE, _CLAIM_TYPE))
    shown = chances if is_on_target else (None, None)
    spelling = _spellings(case.members)
    speaker = winner(case.votes[_SPEAKER])
    ascribed = winner(case.votes[_ASCRIBED])
    votes = (Counter({spelling[value]: n for value, n in case.votes[_SPEAKER].items()}), *case.votes[1:])
    return {
        "document": case.document.id,
        "start": chosen.given.start,
        "end": chosen.given.end,
        "quote": chosen.given.quote,
        "labels": sorted(label.id for label in case.members),
        "annotators": len(case.members),
        "eligible": len(case.document.annotators),
        "single_by_plan": case.document.single_by_plan,
        "on_target": is_on_target,
        "ascribed": None if ascribed is None else ascribed == "true",
        "stance": stance,
        "claim_type": claim_type,
        "speaker": None if speaker is None else spelling[speaker],
        "chain": list(chosen.given.chain) if chosen.values[_SPEAKER] == (speaker or "") else [],
        "stance_posterior": shown[0],
        "claim_type_posterior": shown[1],
        "votes": {name: dict(counts.most_common()) for name, counts in zip(FIELDS, votes, strict=True)},
        **decision(_reasons(case, shown, opposed)),
    }


def _spellings(members: Cluster) -> dict[str, str]:
    """How each speaker is written: most often, then first in the file."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for label in sorted(members, key=lambda label: label.place):
        written[label.values[_SPEAKER]][label.given.speaker or ""] += 1
    return {speaker: spellings.most_common(1)[0][0] for speaker, spellings in written.items()}


def _reasons(case: _Case, chances: Sequence[float | None], opposed: Opposed) -> set[str]:
    votes = case.votes
    ascribed_on_target = {label.given.ascribed for label in case.members if label.given.on_target}
    holds = {
        "stance_opposed": is_opposed(votes[_STANCE], opposed),
        "tie_stance": len(leaders(votes[_STANCE])) > 1,
        "tie_claim_type": len(leaders(votes[_CLAIM_TYPE])) > 1,
        "on_target_disagreement": len(votes[_ON_TARGET]) > 1,
        "ascribed_disagreement": len(ascribed_on_target) > 1,
        "speaker_disagreement": len(votes[_SPEAKER]) > 1,
        "low_posterior": not case.document.single_by_plan and any(map(is_low, chances)),
        "unsure": any(label.given.unsure for label in case.members),
        "boundary_disagreement": case.boundary.is_disputed,
        "boundary_discontinuity": case.boundary.is_broken,
    }
    return {reason for reason, is_so in holds.items() if is_so} | _too_few(case)


def _too_few(case: _Case) -> set[str]:
    """Why the number of those who marked it asks for a person."""
    marked, finished = len(case.members), len(case.document.annotators)
    if finished == 1:
        return set() if case.document.single_by_plan else {"one_annotator_only"}
    if marked == 1 and finished >= 3:
        return {"single_annotator"}
    if 2 * marked == finished:
        return {"tie_span"}
    return {"minority_span"} if 2 * marked < finished else set()
