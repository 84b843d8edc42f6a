"""What a cluster of labels most likely says, and every reason why a person must decide (section 7.3).

How probable the votes are comes from outside (consensus.py, coin.py): nothing here needs the numbers' libraries.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.domain.annotations import FIELDS, Annotated
from webapp.domain.clusters import Cluster
from webapp.domain.gold.boundaries import Boundary, boundary_of
from webapp.domain.votes import Gold, Opposed, decision, is_low, is_opposed, leaders, winner

SPEAKER, STANCE, CLAIM_TYPE, ON_TARGET, ASCRIBED = range(len(FIELDS))

Chances = Sequence[float | None]  # of the leading stance, and of the leading claim type; None without votes


@dataclass(frozen=True, slots=True)
class Case:
    """One cluster and what its labels say."""

    document: Annotated
    members: Cluster
    boundary: Boundary
    votes: tuple[Counter[str], ...]  # by FIELDS, of values as compared

    @property
    def is_on_target(self) -> bool:
        return 2 * self.votes[ON_TARGET]["false"] <= len(self.members)


def case_of(document: Annotated, members: Cluster) -> Case:
    columns = zip(*(label.values for label in members), strict=True)
    votes = tuple(Counter(value for value in column if value) for column in columns)
    return Case(document, members, boundary_of(document, members), votes)


def proposal(case: Case, chances: Chances, opposed: Opposed) -> Gold:
    """The cluster as `gold` prints it: what is proposed, the votes, and the reasons why a person must decide."""
    chosen, is_on_target = case.boundary.medoid, case.is_on_target
    stance, claim_type = (winner(case.votes[field]) if is_on_target else None for field in (STANCE, CLAIM_TYPE))
    shown = chances if is_on_target else (None, None)
    spelling = _spellings(case.members)
    speaker = winner(case.votes[SPEAKER])
    ascribed = winner(case.votes[ASCRIBED])
    votes = (Counter({spelling[value]: n for value, n in case.votes[SPEAKER].items()}), *case.votes[1:])
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
        "chain": list(chosen.given.chain) if chosen.values[SPEAKER] == (speaker or "") else [],
        "stance_posterior": shown[0],
        "claim_type_posterior": shown[1],
        "votes": {name: dict(counts.most_common()) for name, counts in zip(FIELDS, votes, strict=True)},
        **decision(reasons_of(case, shown, opposed)),
    }


def _spellings(members: Cluster) -> dict[str, str]:
    """How each speaker is written: most often, then first in the file."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for label in sorted(members, key=lambda label: label.place):
        written[label.values[SPEAKER]][label.given.speaker or ""] += 1
    return {speaker: spellings.most_common(1)[0][0] for speaker, spellings in written.items()}


def reasons_of(case: Case, chances: Chances, opposed: Opposed) -> set[str]:
    """Why a person must decide; none where the annotators' agreement does. Off target there are no chances."""
    votes = case.votes
    ascribed_on_target = {label.given.ascribed for label in case.members if label.given.on_target}
    holds = {
        "stance_opposed": is_opposed(votes[STANCE], opposed),
        "tie_stance": len(leaders(votes[STANCE])) > 1,
        "tie_claim_type": len(leaders(votes[CLAIM_TYPE])) > 1,
        "on_target_disagreement": len(votes[ON_TARGET]) > 1,
        "ascribed_disagreement": len(ascribed_on_target) > 1,
        "speaker_disagreement": len(votes[SPEAKER]) > 1,
        "low_posterior": not case.document.single_by_plan and any(map(is_low, chances)),
        "unsure": any(label.given.unsure for label in case.members),
        "boundary_disagreement": case.boundary.is_disputed,
        "boundary_discontinuity": case.boundary.is_broken,
    }
    return {reason for reason, is_so in holds.items() if is_so} | _too_few(case)


def _too_few(case: Case) -> set[str]:
    """Why the number of those who marked it asks for a person."""
    marked, finished = len(case.members), len(case.document.annotators)
    if finished == 1:
        return set() if case.document.single_by_plan else {"one_annotator_only"}
    if marked == 1 and finished >= 3:
        return {"single_annotator"}
    if 2 * marked == finished:
        return {"tie_span"}
    return {"minority_span"} if 2 * marked < finished else set()
