"""A whole project from outside: set up, assigned, labelled by a crowd, agreed on, decided and released, then checked.

Through commands, and through addresses as browsers ask them, of a real server whose workers are killed on the way.
`make test` has five annotators and nine articles; `make soak` forty and 2,000, on both databases, with a table of
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
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Stancemark
from tests.databases import Postgres
from tests.evidence import Row, check_labels, comparable, expected_gold, lines_of, rows_of, unzipped
from tests.fieldwork import Adjudicator, Annotator, Answer, Browser
from tests.measured import Stage, Stages, seconds_of
from tests.servers import Server, new_folder, serving
from tests.simulated import Article, article, files, people
from tests.web.pages import words
from tests.world import SECRET

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
SLUG, ROUND = "field", "main"
HERE = f"/p/{SLUG}"


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


SIZE = Size(40, 2000, (0.35, 0.7), 2) if SOAK else Size(5, 9, (), 1)


@pytest.fixture(params=["sqlite", "postgresql"] if SOAK else ["sqlite"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "sqlite":
        with serving(new_folder(tmp_path), STANCEMARK_WORKERS="2" if SOAK else "1") as started:
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
        before, then = self.annotators[name].seen(own), self._stored()
        looked.set()
        while self._stored() < then + 40 * len(self.people) * SOAK + 1:
            time.sleep(0.05)
        after = self.annotators[name].seen(own)
        assert [address for address in before if before[address] != after[address]] == []
        self._work(name, own[len(own) // 2 :])

    def _work(self, name: str, articles: Sequence[Article]) -> None:
        for one in articles:
            number = int(one.id.rpartition("-")[2])
            self.annotators[name].work(one, leave_open=number % SIZE.left_open == 5)

    def _stored(self) -> int:
        return sum(one.stored for one in self.annotators.values())

    def _living(self) -> int:
        return sum(one.living for one in self.annotators.values())

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
            check_labels(self._bundle("open", "--names"), [*self.articles.values()], [*self.annotators.values()], ROUND)
        with self.stages("closing the round"):
            self.curator.fill_in(f"{HERE}/rounds", action=f"{HERE}/rounds/close", name=ROUND)

    def _check_pages(self, state: str) -> None:
        done = Counter(state for one in self.annotators.values() for state in one.states.values())["done"]
        assigned = sum(map(len, self.work.values()))
        page = self.curator.page(f"{HERE}/", "page")
        assert f"{ROUND} {state} {done:,} {assigned:,} {self._living():,}" in rows_of(page)[1].replace("  ", " ")
        rows = {row.partition(" annotator ")[0]: row for row in rows_of(self.curator.page(f"{HERE}/people", "page"))}
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
        return unzipped(path.read_bytes())

    # ---- agreement ----

    def agree(self) -> None:
        with self.stages("agreement: from asking to all figures") as stage:
            shown = self._wait_for_figures(stage)
        with self.stages("agreement page"):
            page = self.curator.page(f"{HERE}/agreement?round={ROUND}")
            assert "Krippendorff" in page and "being computed" not in page
        with self.stages("stancemark agreement on the exported bundle"):
            self.bundle = self._bundle("closed")
            alone = self.run.well("agreement", self.folder / "closed.zip", "--round", ROUND, "--json").json
        assert shown == alone

    def _wait_for_figures(self, stage: Stage) -> Any:
        """The page tells what is under way as long as they are not there."""
        told: list[str] = []
        while (answer := self.curator.get(f"{HERE}/agreement.json?round={ROUND}")).status == 202:
            assert "computed" in answer.json["detail"]
            told.append(self.curator.page(f"{HERE}/agreement/state?round={ROUND}"))
            time.sleep(int(answer.headers["Retry-After"]))
        assert answer.status == 200, answer.text
        assert any("being computed" in one for one in told)
        stage.tell(_told(told))
        return answer.json

    # ---- adjudication ----

    def adjudicate(self) -> None:
        first, second = self.adjudicators
        with self.stages("adjudication queue, first visit") as stage:
            queue = self._queue(first, stage)
        todo = [self.articles[row["document"]] for row in queue if row["waiting"]]
        both, rest = todo[: 1 + len(todo) // 50], todo[1 + len(todo) // 50 :]
        with self.stages("adjudication queue, again") as stage:
            stage.answers(
                "queue page", [seconds_of(lambda: second.browser.page(f"{HERE}/adjudicate")) for _ in range(5)]
            )
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

    def _queue(self, who: Adjudicator, stage: Stage | None) -> list[Row]:
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
            stage.answers("page of what it would hold", [seconds_of(lambda: self.curator.page(new))])
            self.curator.fill_in(new, action=f"{new}?round={ROUND}", note="The first one.")
            told: list[str] = []
            while (state := self.curator.get(f"{HERE}/releases/state")).headers["HX-Refresh"] is None:
                told.append(state.text)
                assert "could not" not in state.text
                time.sleep(0.5)
            stage.tell(_told(told))
        with self.stages("its bundle, from the page"):
            answer = self.curator.get(f"{HERE}/releases/1/bundle.zip")
            assert answer.status == 200
            self.released = unzipped(answer.body)

    def check_release(self) -> None:
        manifest = json.loads(self.released["manifest.json"])
        sums = {name: sha256(content).hexdigest() for name, content in self.released.items() if name != "manifest.json"}
        assert manifest["files"] == sums and not manifest["partial"]
        self._check_pages("closed")
        self._check_people()
        with self.stages("stancemark gold on the exported bundle"):
            proposals = self.run.well("gold", self.folder / "closed.zip", "--round", ROUND, "--json").json["clusters"]
        expected = expected_gold(proposals, self.bundle, self.adjudicators)
        assert comparable(lines_of(self.released, "gold")) == comparable(expected)
        self.run.well("export", "gold", "--project", SLUG, "--out", self.folder / "gold.jsonl")
        assert (self.folder / "gold.jsonl").read_bytes() == self.released["gold.jsonl"]
        self._check_decisions()
        self._take_in_again()

    def _check_people(self) -> None:
        """A person has the same pseudonym everywhere."""
        names = {row["id"]: row["annotator"] for row in lines_of(self._bundle("named", "--names"), "labels")}
        shown = {(names[row["id"]], row["annotator"]) for row in lines_of(self.bundle, "labels")}
        assert len(shown) == len(dict(shown)) == len({key for _, key in shown}) == len(self.people)
        pseudonyms, by_place = dict(shown), lambda row: (row["document"], row["start"], row["end"], row["annotator"])
        mine = {by_place(row) for row in lines_of(self.bundle, "labels")}
        assert {by_place(row) for row in lines_of(self.released, "labels")} == mine
        assert not any(name in self.released["labels.jsonl"].decode() for name in pseudonyms)

    def _check_decisions(self) -> None:
        rows = lines_of(self.released, "decisions")
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
        out = unzipped((self.folder / "copy.zip").read_bytes())
        assert {name for name in out if out[name] != self.released[name]} == {"manifest.json"}


# ---- small things ----


def _decide_all(who: Adjudicator, articles: Sequence[Article]) -> None:
    for one in articles:
        who.decide(one, who.open(one))


def _waited_for(ask: Callable[[], Answer]) -> Answer:
    """What is not ready yet says when to come back."""
    while (answer := ask()).status == 202:
        time.sleep(0.25)
    assert answer.status == 200, answer.text
    return answer


def _told(parts: Sequence[str]) -> str:
    """What a page said while one waited, each sentence once, whatever number was in it."""
    said = {re.sub(r"\d+", "…", words(part)).removesuffix(" Look again"): None for part in parts}
    return f"told meanwhile: {'; '.join(said)}"
