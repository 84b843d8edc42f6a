"""A whole project from outside: set up, assigned, labelled by a crowd, agreed on, decided and released, then checked.

Through commands, and through addresses as browsers ask them, of a real server whose workers are killed on the way.
`make test` has six annotators and twelve articles; `make soak` forty and 2,000, on both databases, with a table of
what each stage took.
"""

import json
import os
import re
import signal
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Stancemark
from tests.databases import Postgres
from tests.fieldwork import GOLD, Adjudicator, Annotator, Answer, Browser
from tests.measured import Stages
from tests.servers import Server, new_folder, serving
from tests.simulated import Article, article, files, people
from tests.web.pages import words
from tests.world import SECRET

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
SLUG, ROUND = "field", "main"
HERE = f"/p/{SLUG}"
FIELDS = ("speaker", "stance", "claim_type", "on_target", "ascribed")
# tokens, and the moment of a refusal
CHANGING = re.compile(
    r'csrf-token" content="[^"]*|csrf_token"[^>]*value="[^"]*|"csrf_token":\s*"[^"]*|\d\d:\d\d(:\d\d)?'
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    annotators: int
    articles: int
    kills: tuple[float, ...]  # of a web worker, each when so much of all is labelled
    watchers: int  # annotators who look at their pages while others go on

    @property
    def left_open(self) -> int:
        """Every so manyth assignment is never finished."""
        return 100 if SOAK else 9


SIZE = Size(40, 2000, (0.35, 0.7), 2) if SOAK else Size(6, 12, (0.6,), 1)


@pytest.fixture(params=["sqlite", "postgresql"] if SOAK else ["sqlite"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "sqlite":
        with serving(new_folder(tmp_path)) as started:
            yield started
        return
    with tempfile.TemporaryDirectory(prefix="stancemark-") as folder:
        postgres = Postgres(Path(folder), settings=["max_connections=200"])  # as safe as it is by default
        try:
            url = postgres.url(postgres.create())
            with serving(new_folder(tmp_path), DATABASE_URL=url, STANCEMARK_SECRET_KEY=SECRET) as started:
                yield started
        finally:
            postgres.stop()


def test_a_project_from_its_first_day_to_its_release(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("STANCEMARK_", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    field = Field(server, Stancemark(server.database_url, monkeypatch, capsys), tmp_path)
    try:
        field.set_up()
        field.label()
        field.close_round()
        field.agree()
        field.adjudicate()
        field.release()
        field.check_release()
    finally:
        field.end()
    assert "Traceback" not in server.printed()
    print(field.stages.table())


class Field:
    """The project and everybody in it."""

    def __init__(self, server: Server, run: Stancemark, folder: Path) -> None:
        self.server, self.run, self.folder = server, run, folder
        self.stages = Stages(server)
        self.articles = {one.id: one for one in map(article, range(SIZE.articles))}
        self.people = {person.name: person for person in people(SIZE.annotators)}
        self.annotators: dict[str, Annotator] = {}
        self.adjudicators: list[Adjudicator] = []
        self.work: dict[str, list[Article]] = {}

    def end(self) -> None:
        self.stages.stop()
        for browser in self._browsers():
            browser.close()

    def _browsers(self) -> list[Browser]:
        here = [one.browser for one in (*self.annotators.values(), *self.adjudicators)]
        return here + ([self.curator] if hasattr(self, "curator") else [])

    # ---- the first day ----

    def set_up(self) -> None:
        with self.stages("people by command, signing in by link"):
            self.run.well("project", "add", SLUG, "--title", "A year of field work, with a title of some length")
            self.curator = self._member("Curt", "curator")
            self.adjudicators = [
                Adjudicator(n, self._member(n, "adjudicator"), SLUG) for n in ("Ada Judge", "Abe Judge")
            ]
            for person in self.people.values():
                self.annotators[person.name] = Annotator(person, self._member(person.name, "annotator"), SLUG)
        with self.stages(f"import of {SIZE.articles:,} articles"):
            self._bring()
        with self.stages("assigning them"):
            self._assign()

    def _member(self, name: str, role: str) -> Browser:
        link = self.run.well("user", "add", name).out.strip()
        self.run.well("project", "member", SLUG, name, role)
        browser = Browser(self.server.address)
        browser.welcome(link)
        return browser

    def _bring(self) -> None:
        paths = [self.folder / name for name, _ in files(list(self.articles.values()))]
        for path, (_, content) in zip(paths, files(list(self.articles.values())), strict=True):
            path.write_bytes(content)
        told = self.run.well("import", "documents", *paths, "--project", SLUG).out.splitlines()
        assert len(told) == SIZE.articles and all(line.startswith("added") for line in told)
        again = self.run.well("import", "documents", paths[1], "--project", SLUG).out.splitlines()
        assert {line.partition("  ")[0] for line in again} == {"already there"}

    def _assign(self) -> None:
        everybody = ("assign", SLUG, "--annotators", ",".join(self.people))
        one = self.run.well(*everybody, "--per-document", 1).out
        three = self.run.well(*everybody, "--per-document", 3, "--sample", "0.15").out
        self.work = {name: [] for name in self.people}
        for line in (one + three).splitlines():
            id, _, name = line.partition("  ")
            self.work[name].append(self.articles[id])
        shared = -(-SIZE.articles * 15 // 100)
        sizes = [len(own) for own in self.work.values()]
        assert sum(sizes) == SIZE.articles + 2 * shared and max(sizes) - min(sizes) <= 2
        assert self.run.well(*everybody, "--per-document", 1).out == "", "again it adds nothing"

    # ---- labelling ----

    def label(self) -> None:
        expected = sum(len(self.people[name].labels(one)) for name, own in self.work.items() for one in own)
        watchers = list(self.people)[: SIZE.watchers]
        looked = [threading.Event() for _ in watchers]
        with self.stages("labelling") as stage, ThreadPoolExecutor(len(self.people) + 1) as pool:
            killing = pool.submit(self._kill, expected)
            doing = [pool.submit(self._annotate, name, looked) for name in self.people if name not in watchers]
            doing += [pool.submit(self._watch, name, one) for name, one in zip(watchers, looked, strict=True)]
            for one in (*doing, killing):
                one.result()
        answers = sum((one.answers for one in self.annotators.values()), Counter[str]())
        assert {"stored", "conflict", "duplicate-label", "quote-mismatch"} <= set(answers) or not SOAK
        stage.rate("saves", answers["stored"] + answers["repeated"])
        stage.tell(f"{self._living():,} labels, {sum(b.cut_off for b in self._browsers())} sent again; {dict(answers)}")
        for kind in ("save", "batch", "article as JSON", "annotation page"):
            stage.answers(kind, [t for one in self.annotators.values() for t in one.browser.took[kind]])

    def _annotate(self, name: str, looked: Sequence[threading.Event]) -> None:
        """Half of it, and the rest once the watchers have begun to watch."""
        own = self.work[name]
        self._work(name, own[: len(own) // 2])
        for one in looked:
            assert one.wait(600)
        self._work(name, own[len(own) // 2 :])

    def _watch(self, name: str, looked: threading.Event) -> None:
        """While the round is open and others work, nothing that this one may open changes."""
        own = self.work[name]
        self._work(name, own[: len(own) // 2])
        before, then = self._seen_by(name, own), self._stored()
        looked.set()
        while self._stored() < then + 40 * len(self.people) * SOAK + 1:
            time.sleep(0.05)
        after = self._seen_by(name, own)
        assert [address for address in before if before[address] != after[address]] == []
        self._work(name, own[len(own) // 2 :])

    def _seen_by(self, name: str, own: Sequence[Article]) -> dict[str, tuple[int, str]]:
        browser = self.annotators[name].browser
        ends = (
            "",
            "documents",
            "documents?sort=-labels",
            "speakers",
            "guide",
            "scheme",
            "people",
            "agreement",
            "events",
        )
        more = [f"documents/{one.id}{end}" for one in (own[0], own[-1]) for end in ("", ".json")]
        asked = ["/", "/account", *(f"{HERE}/{end}" for end in (*ends, *more))]
        answers = {address: browser.get(address) for address in asked}
        return {address: (one.status, CHANGING.sub("", one.text)) for address, one in answers.items()}

    def _work(self, name: str, articles: Sequence[Article]) -> None:
        for one in articles:
            number = int(one.id.rpartition("-")[2])
            self.annotators[name].work(one, leave_open=number % SIZE.left_open == 5)

    def _stored(self) -> int:
        return sum(one.stored for one in self.annotators.values())

    def _living(self) -> int:
        return sum(len(labels) for one in self.annotators.values() for labels in one.labels.values())

    def _kill(self, expected: int) -> None:
        for share in SIZE.kills:
            while self._stored() < share * expected:
                time.sleep(0.02)
            os.kill(self.server.workers()[0], signal.SIGKILL)

    # ---- what the curator sees ----

    def close_round(self) -> None:
        with self.stages("overview, people and articles pages") as stage:
            self._check_pages("open")
            stage.answers("page", self.curator.took.pop("page"))
        with self.stages("export of the bundle with names"):
            self._check_labels(self._bundle("open", "--names"))
        with self.stages("closing the round"):
            self.curator.fill_in(f"{HERE}/rounds", action=f"{HERE}/rounds/close", name=ROUND)

    def _check_pages(self, state: str) -> None:
        done = Counter(state for one in self.annotators.values() for state in one.states.values())["done"]
        assigned = sum(map(len, self.work.values()))
        page = self.curator.page(f"{HERE}/", "page")
        assert f"{ROUND} {state} {done:,} {assigned:,} {self._living():,}" in _rows(page)[1].replace("  ", " ")
        rows = {row.partition(" annotator ")[0]: row for row in _rows(self.curator.page(f"{HERE}/people", "page"))}
        for name, one in self.annotators.items():
            mine = [label for labels in one.labels.values() for label in labels.values()]
            finished = f"{list(one.states.values()).count('done')} of {len(self.work[name])}"
            unsure, notes = (sum(bool(label[field]) for label in mine) for field in ("unsure", "note"))
            assert rows[name].startswith(f"{name} annotator {finished} {len(mine)} {unsure} {notes} "), rows[name]
        for address in (
            "?sort=-labels",
            "?sort=-labels&page=2",
            "?q=part+7&sort=title",
            "?sort=finished",
            "?q=nothing",
        ):
            self._check_articles(self.curator.page(f"{HERE}/documents{address}", "page"))

    def _check_articles(self, page: str) -> None:
        """Each row that is shown has as many labels as its annotators were told."""
        found = re.findall(r'<td class="id">(a-\d+)</td>.*?<td class="num">(\d+)</td></tr>', page, re.DOTALL)
        for id, labels in found:
            assert int(labels) == sum(len(one.labels.get(id, ())) for one in self.annotators.values()), id

    def _bundle(self, name: str, *more: str) -> dict[str, bytes]:
        path = self.folder / f"{name}.zip"
        self.run.well("export", "bundle", "--project", SLUG, "--out", path, *more)
        return _unzipped(path.read_bytes())

    def _check_labels(self, bundle: dict[str, bytes]) -> None:
        """Every label that was acknowledged and not deleted is there once, as it was sent, on its words; none else."""
        texts = {row["id"]: row["text"] for row in _lines(bundle, "documents")}
        assert texts == {one.id: one.text for one in self.articles.values()}
        rows = _lines(bundle, "labels")
        found = {row["id"]: row for row in rows}
        assert len(found) == len(rows) == self._living()
        speakers = {row["id"]: row["name"] for row in _lines(bundle, "speakers")}
        for name, one in self.annotators.items():
            for document, labels in one.labels.items():
                for id, label in labels.items():
                    row = found[id]
                    assert (row["document"], row["annotator"], row["round"]) == (document, name, ROUND)
                    assert row["state"] == one.states[document]
                    assert texts[document][row["start"] : row["end"]] == row["quote"] == label["quote"]
                    assert _without(label, "text_sha256", "base") == _without(row, *set(row) - set(label)), speakers

    # ---- agreement ----

    def agree(self) -> None:
        with self.stages("agreement: from asking to all figures") as stage:
            told, shown = self._wait_for_figures()
            stage.tell(f"told meanwhile: {'; '.join(told)}")
        with self.stages("agreement page"):
            page = self.curator.page(f"{HERE}/agreement?round={ROUND}")
            assert "Krippendorff" in page and "being computed" not in page
        with self.stages("stancemark agreement on the exported bundle"):
            self.bundle = self._bundle("closed")
            alone = self.run.well("agreement", self.folder / "closed.zip", "--round", ROUND, "--json").json
        assert shown == alone

    def _wait_for_figures(self) -> tuple[list[str], Any]:
        """What the page told while one waited, and the figures."""
        told: dict[str, None] = {}
        while (answer := self.curator.get(f"{HERE}/agreement.json?round={ROUND}")).status == 202:
            assert int(answer.headers["Retry-After"]) > 0 and "computed" in answer.json["detail"]
            told[words(self.curator.page(f"{HERE}/agreement/state?round={ROUND}"))] = None
            time.sleep(0.25)
        assert answer.status == 200, answer.text
        assert any("being computed" in one for one in told)
        return [one.removesuffix(" Look again") for one in told], answer.json

    # ---- adjudication ----

    def adjudicate(self) -> None:
        first, second = self.adjudicators
        with self.stages("adjudication queue, first visit") as stage:
            queue = self._queue(first, stage)
        todo = [self.articles[row["document"]] for row in queue if row["waiting"]]
        both, rest = todo[: 1 + len(todo) // 50], todo[1 + len(todo) // 50 :]
        with self.stages("adjudication queue, again") as stage:
            stage.answers("queue page", [_seconds(lambda: second.browser.page(f"{HERE}/adjudicate")) for _ in range(5)])
        with self.stages(f"deciding {len(todo):,} articles") as stage, ThreadPoolExecutor(2) as pool:
            for one in both:  # at the same time, neither knowing of the other
                opened = [who.open(one) for who in self.adjudicators]
                list(pool.map(lambda who, sheet, one=one: who.decide(one, sheet), self.adjudicators, opened))
            halves = [rest[::2], rest[1::2]]
            list(pool.map(_decide_all, self.adjudicators, halves))
            answers = first.answers + second.answers
            assert answers["stored"] and answers["conflict"] and set(answers) == {"stored", "conflict"}
            stage.rate("decisions", answers["stored"])
            for kind in ("clusters as JSON", "decide"):
                stage.answers(kind, [t for who in self.adjudicators for t in who.browser.took[kind]])
        with self.stages("adjudication queue, all decided"):
            assert not any(row["waiting"] for row in self._queue(second, None))

    def _queue(self, who: Adjudicator, stage: Any) -> list[Row]:
        answer = _waited_for(lambda: who.browser.get(f"{HERE}/adjudicate.json", "queue"))
        if stage is not None:
            stage.answers("queue", who.browser.took["queue"])
        rows: list[Row] = answer.json["articles"]
        assert {row["document"] for row in rows} == set(self.articles) and all(row["ready"] for row in rows)
        return rows

    # ---- release ----

    def release(self) -> None:
        new = f"{HERE}/releases/new"
        with self.stages("release: from asking to having it") as stage:
            stage.answers("page of what it would hold", [_seconds(lambda: self.curator.page(new))])
            self.curator.fill_in(new, action=f"{new}?round={ROUND}", note="The first one.")
            told: dict[str, None] = {}
            while (state := self.curator.get(f"{HERE}/releases/state")).headers["HX-Refresh"] is None:
                told[words(state.text)] = None
                assert "could not" not in state.text
                time.sleep(0.1)
            stage.tell(f"told meanwhile: {'; '.join(told)}")
        with self.stages("its bundle, from the page"):
            answer = self.curator.get(f"{HERE}/releases/1/bundle.zip")
            assert answer.status == 200
            self.released = _unzipped(answer.body)

    def check_release(self) -> None:
        manifest = json.loads(self.released["manifest.json"])
        sums = {name: sha256(content).hexdigest() for name, content in self.released.items() if name != "manifest.json"}
        assert manifest["files"] == sums and not manifest["partial"]
        self._check_pages("closed")
        self._check_people()
        with self.stages("stancemark gold on the exported bundle"):
            proposals = self.run.well("gold", self.folder / "closed.zip", "--round", ROUND, "--json").json["clusters"]
        gold = _lines(self.released, "gold")
        assert sorted(map(_comparable, gold)) == sorted(map(_comparable, self._expected(proposals)))
        self.run.well("export", "gold", "--project", SLUG, "--out", self.folder / "gold.jsonl")
        assert (self.folder / "gold.jsonl").read_bytes() == self.released["gold.jsonl"]
        self._check_decisions()
        self._take_in_again()

    def _check_people(self) -> None:
        """A person has the same pseudonym everywhere."""
        names = {row["id"]: row["annotator"] for row in _lines(self._bundle("named", "--names"), "labels")}
        shown = {(names[row["id"]], row["annotator"]) for row in _lines(self.bundle, "labels")}
        assert len(shown) == len(dict(shown)) == len({key for _, key in shown}) == len(self.people)
        pseudonyms, by_place = dict(shown), lambda row: (row["document"], row["start"], row["end"], row["annotator"])
        mine = {by_place(row) for row in _lines(self.bundle, "labels")}
        assert {by_place(row) for row in _lines(self.released, "labels")} == mine
        assert not any(name in self.released["labels.jsonl"].decode() for name in pseudonyms)

    def _expected(self, proposals: Sequence[Row]) -> Iterator[Row]:
        """The gold that follows from what `gold` proposes and what the adjudicators sent."""
        annotators = {row["id"]: row["annotator"] for row in _lines(self.bundle, "labels")}
        made = [one for who in self.adjudicators for of in who.made.items() for one in _placed(*of)]
        by_labels = {(one["document"], one["labels"]): one for one in made}
        assert len(by_labels) == len(made)
        for proposal in proposals:
            mine = by_labels.pop((proposal["document"], tuple(proposal["labels"])), None)
            assert mine or proposal["decision"] == "auto", proposal
            who = sorted({annotators[id] for id in proposal["labels"]})
            if mine is None:
                yield _record(proposal, proposal, "single" if proposal["single_by_plan"] else "agreement", who)
            elif mine["action"] != "reject":
                yield _record(mine["gold"] if mine["action"] == "set" else proposal, proposal, "adjudicator", who)
        for mine in by_labels.values():
            assert mine["action"] == "add", mine
            yield _record(mine["gold"], {"document": mine["document"], "votes": {}}, "adjudicator", [])

    def _check_decisions(self) -> None:
        rows = _lines(self.released, "decisions")
        sent = [(d, one["action"], one["note"]) for who in self.adjudicators for d, m in who.made.items() for one in m]
        assert sorted((row["document"], row["action"], row["note"]) for row in rows) == sorted(sent)
        assert not any(row["stale"] for row in rows)

    def _take_in_again(self) -> None:
        path = self.folder / "release.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.released.items():
                archive.writestr(name, content)
        with self.stages("import of the release into an empty project"):
            self.run.well("project", "add", "copy", "--title", "A copy")
            self.run.well("import", "labels", path, "--project", "copy")
        with self.stages("export of the copy"):
            self.run.well("export", "bundle", "--project", "copy", "--names", "--out", self.folder / "copy.zip")
        out = _unzipped((self.folder / "copy.zip").read_bytes())
        assert {name for name in out if out[name] != self.released[name]} == {"manifest.json"}


# ---- small things ----


def _decide_all(who: Adjudicator, articles: Sequence[Article]) -> None:
    for one in articles:
        who.decide(one, who.open(one))


def _placed(document: str, made: Sequence[Row]) -> Iterator[Row]:
    for one in made:
        labels = tuple(one["cluster"]["labels"]) if one["cluster"] else (one["id"],)
        yield {**one, "document": document, "labels": labels}


def _record(gold: Row, cluster: Row, decided_by: str, annotators: list[str]) -> Row:
    votes = [
        {"field": field, "value": value, "count": count}
        for field in FIELDS
        for value, count in sorted(cluster["votes"].get(field, {}).items(), key=lambda vote: (-vote[1], vote[0]))
    ]
    chosen = {name: gold[name] for name in GOLD} | {"ascribed": bool(gold["ascribed"])}
    rest = {"document": cluster["document"], "decided_by": decided_by, "annotators": annotators, "votes": votes}
    return chosen | rest


def _comparable(row: Row) -> str:
    return json.dumps({name: row[name] for name in (*GOLD, "document", "decided_by", "annotators", "votes")})


def _waited_for(ask: Callable[[], Answer]) -> Answer:
    """What is not ready yet says when to come back."""
    while (answer := ask()).status == 202:
        time.sleep(0.25)
    assert answer.status == 200, answer.text
    return answer


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _rows(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)]


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _lines(bundle: dict[str, bytes], stem: str) -> list[Row]:
    return [json.loads(line) for line in bundle[f"{stem}.jsonl"].splitlines()]


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
