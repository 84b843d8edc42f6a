"""Computing the figures of agreement that pages show: only in the job process, for numpy and scipy come with it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.about import VERSION
from webapp.database import Database
from webapp.domain.agreement import described
from webapp.domain.annotations import Annotations, annotations
from webapp.domain.files.annotation_files import input_sha256, own_scheme, read_records
from webapp.domain.insight import insight
from webapp.domain.permissions import OPERATOR
from webapp.domain.ratings.fields import field_ratings, matched
from webapp.domain.reporting.report import Provenance, bundle_report, gamma_figures
from webapp.domain.schemes import parse_scheme
from webapp.domain.spans.continua import Spans, spans_of
from webapp.models import Label, Project, Report
from webapp.services import jobs
from webapp.services.comparing import comparable
from webapp.services.jobs import Claimed
from webapp.services.reports import Subject, state_of_work, store
from webapp.services.rounds import rounds_of

SEED = 0
MOST_HARD_KEPT = 200  # clusters kept at hand with the figures, so that a page need not read all


@dataclass(frozen=True, eq=False)
class _Input:
    """What a report is computed from. `seen`: the state of the project's work, taken before the files were read."""

    subject: Subject
    seen: str
    files: dict[str, bytes]
    annotations: Annotations
    scheme: bytes
    has_simulated: bool  # some labels are made up

    @property
    def settings(self) -> dict[str, Any]:
        scheme = hashlib.sha256(self.scheme).hexdigest()
        return {
            "round": self.subject.round,
            "intervals": True,
            "gamma": True,
            "seed": SEED,
            "scheme_sha256": scheme,
        }

    @cached_property
    def input_sha256(self) -> str:
        return input_sha256(self.files)

    @property
    def sha256(self) -> str:
        """Of all that the figures depend on."""
        return _hashed([VERSION, self.settings, self.input_sha256])

    @cached_property
    def spans(self) -> Spans:
        return spans_of(self.annotations, SEED)

    @cached_property
    def gamma_input(self) -> str | None:
        """The hash of all that γ depends on; None where there is nothing to compute."""
        continua = [
            [
                one.document,
                one.length,
                {name: [(u.start, u.end, u.category) for u in own] for name, own in one.units.items()},
            ]
            for one in self.spans.continua
        ]
        return _hashed([VERSION, SEED, continua]) if continua else None


def compute_figures(db: Database, job: Claimed) -> None:
    """All but γ, into the report of the job's subject; then γ is asked for, unless it is there for the same spans."""
    jobs.tell(db, job, "Reading the labels.")
    given = _read(db, job)
    wanted = given.gamma_input  # which takes a while: not in a transaction that others wait for
    if _is_confirmed(db, job, given, wanted):
        return
    jobs.tell(db, job, "Computing.")
    body = _body(given)
    clusters = body["insight"].pop("clusters")
    body["hardest"] = clusters[:MOST_HARD_KEPT]
    with db.writing() as session:
        store(session, job.project_id, given.subject.figures_name, given.sha256, given.seen, body)
        store(session, job.project_id, given.subject.clusters_name, given.sha256, given.seen, clusters)
        _want_gamma(session, job, given.subject, wanted)


def _is_confirmed(db: Database, job: Claimed, given: _Input, wanted: str | None) -> bool:
    """Whether the stored figures are of the same input; then they hold for what was seen now."""
    with db.writing() as session:
        report = session.get(Report, (job.project_id, given.subject.figures_name))
        if report is None or report.input_sha256 != given.sha256:
            return False
        report.seen = given.seen
        _want_gamma(session, job, given.subject, wanted)
        return True


def compute_gamma(db: Database, job: Claimed) -> None:
    """γ and γ-cat of the job's subject, with the share done told on the way."""
    given = _read(db, job)
    spans = spans_of(given.annotations, SEED, _telling(db, job))
    figures = gamma_figures(spans)
    with db.writing() as session:
        store(session, job.project_id, given.subject.gamma_name, given.gamma_input or "", given.seen, figures)


def _read(db: Database, job: Claimed) -> _Input:
    subject = Subject(**job.parameters)
    with db.reading() as session:
        slug = session.get_one(Project, job.project_id).slug
        seen = state_of_work(session, job.project_id, subject)
        closed = [round.name for round in rounds_of(session, job.project_id) if round.closed_at]
        simulated = select(Label.round).where(Label.project_id == job.project_id, Label.origin == "simulated")
        made_up = set(session.scalars(simulated.distinct()))
    files, texts = comparable(db, OPERATOR, slug, frozenset(closed) if subject.closed else None)
    records = read_records(files, subject.round, texts)
    newest = closed[-1] if subject.closed and closed else None
    scheme = own_scheme(files, records, subject.round or newest) or b""
    looked_at = {subject.round} if subject.round else {*closed} if subject.closed else made_up
    return _Input(subject, seen, files, annotations(records, subject.round), scheme, bool(made_up & looked_at))


def _body(given: _Input) -> dict[str, Any]:
    scheme = parse_scheme(given.scheme.decode())
    clusters = matched(given.annotations.compared)
    tables = field_ratings(clusters, scheme)
    provenance = Provenance(VERSION, given.settings, given.input_sha256)
    return {
        "input": given.sha256,
        "gamma_input": given.gamma_input,
        "figures": bundle_report(given.annotations, tables, given.spans, provenance, gamma=False),
        "insight": insight(given.annotations, clusters, tables, given.spans, scheme),
        "measures": {kind: described(kind) for kind in ("spans", "ratings")},
        "scheme": given.scheme.decode(),
        "has_simulated": given.has_simulated,
    }


# ---- γ ----


def _want_gamma(session: Session, job: Claimed, subject: Subject, wanted: str | None) -> None:
    """In the transaction that stores the figures: whoever sees them sees that γ is under way, and asks for nothing."""
    there = session.get(Report, (job.project_id, subject.gamma_name))
    if wanted is not None and (there is None or there.input_sha256 != wanted):
        jobs.want(session, job.project_id, "gamma", subject.name, subject.parameters)


def _telling(db: Database, job: Claimed) -> Callable[[float], None]:
    """Tells the share done, each whole percent once."""
    told = -1

    def tell(share: float) -> None:
        nonlocal told
        percent = int(100 * share)
        if percent > told:
            told = percent
            jobs.tell(db, job, f"{percent} % is done.")

    return tell


def _hashed(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
