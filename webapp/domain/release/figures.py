"""The agreement that a card tells: a few of the report's figures, from the release's own files and by its own code."""

from collections.abc import Mapping

from webapp.domain.agreement import Measure, measures
from webapp.domain.annotations import FIELDS, Annotations, annotations
from webapp.domain.files.annotation_files import read_records
from webapp.domain.ratings.fields import field_ratings, matched
from webapp.domain.release.card import Figure
from webapp.domain.reporting.figures import LEAD, measured
from webapp.domain.schemes import Scheme
from webapp.domain.spans.continua import spans_of

_SEED = 0
_OF_SPANS = ("alpha_u", "token_alpha", "f1_overlap")
_TITLES = {
    "speaker": "speaker",
    "stance": "stance",
    "claim_type": "claim type",
    "on_target": "on target",
    "ascribed": "ascribed",
}


def counted(files: Mapping[str, bytes], round: str | None, texts: Mapping[str, str]) -> Annotations:
    """What counts of a release's files; `texts`, by document, are words that they had to leave out."""
    return annotations(read_records(files, round, texts), round)


def figures(counts: Annotations, scheme: Scheme) -> list[Figure]:
    """On the words, then field by field; γ is left to `stancemark agreement`, for it takes long."""
    if not counts.compared:
        return []
    spans, tables = spans_of(counts, _SEED), field_ratings(matched(counts.compared), scheme)
    of_spans = {measure.name: measure for measure in measures("spans")}
    lead = next(measure for measure in measures("ratings") if measure.name == LEAD)
    return [
        *(_figure("the words", of_spans[name], spans) for name in _OF_SPANS),
        *(_figure(_TITLES[name], lead, tables[name]) for name in FIELDS),
    ]


def _figure(what: str, measure: Measure, data: object) -> Figure:  # type: ignore[type-arg]
    found = measured(measure, data)
    return Figure(what, measure.title, found["value"], found["low"], found["high"], found["reason"])
