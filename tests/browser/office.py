"""One server for all tests that ask for it; each brings in an article of its own, and none meets another's labels."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.browser.visitors import CALM, at_work, watch
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.labels import LabelInput, Put
from webapp.domain.permissions import OPERATOR, Actor
from webapp.domain.text import canonical, sha256_of
from webapp.services import accounts, annotating, assigning, importing, managing

PROJECT = "hollywood-letter"
PASSWORD = "correct horse battery"
ANNOTATORS = ("Alice", "Bob")
Span = tuple[int, int]


@dataclass(frozen=True)
class Article:
    """An imported article: where its page is, and its text as it is stored."""

    id: str
    path: str
    text: str

    def span(self, words: str) -> Span:
        start = self.text.index(words)
        return start, start + len(words)


@dataclass
class Office:
    """A running server with Alice and Bob, and the browsers of the test that is under way."""

    address: str
    db: Database
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    sessions: dict[str, StorageState] = field(default_factory=dict)  # of who has signed in, by name

    def article(self, text: str, excluded: Sequence[dict[str, Any]] = ()) -> Article:
        """A new article of these words for Alice and Bob; `excluded` counts in the text as it is stored."""
        id = f"a{uuid.uuid4().hex[:12]}"
        text += f"\n\nArticle {id}."  # the same text twice would be one article
        file = (f"{id}.txt", text.encode())
        if excluded:
            file = (f"{id}.jsonl", json.dumps({"id": id, "text": text, "excluded": excluded}).encode())
        (outcome,) = importing.import_documents(self.db, OPERATOR, PROJECT, [file])
        assert outcome.status == "added", outcome
        assigning.assign(self.db, OPERATOR, PROJECT, ANNOTATORS, 2, documents=[id])
        return Article(id, f"/p/{PROJECT}/documents/{id}", canonical(text))

    def label(self, article: Article, *spans: Span, name: str = "Alice", **values: Any) -> list[str]:
        """Labels as though `name` had made them before; their ids."""
        usual = {"speaker": "openai", "stance": "neutral", "claim_type": "FACT"} | values
        sha = sha256_of(article.text)
        puts = [
            Put(str(uuid.uuid4()), LabelInput(str(uuid.uuid4()), sha, s, e, article.text[s:e], **usual))
            for s, e in spans
        ]
        actor = self._actor(name)
        answer = annotating.operate(self.db, actor, PROJECT, article.id, puts)
        assert all(result.status == "stored" for result in answer.results), answer
        return [put.label.id for put in puts]

    def stored(self, page: Page, article: Article) -> list[dict[str, Any]]:
        """The labels of whoever sits at `page`, by place."""
        answer = page.request.get(f"{self.address}{article.path}.json")
        labels: list[dict[str, Any]] = answer.json()["labels"]
        return sorted(labels, key=lambda label: (label["start"], -label["end"], label["id"]))

    def browse(self, name: str, width: int = 1360, height: int = 900, **more: Any) -> BrowserContext:
        """A browser of their own for `name`, who is signed in there; `more` goes to the browser's context."""
        more = CALM | more
        if name not in self.sessions:
            self.sessions[name] = self._sign_in(name)
        viewport = {"width": width, "height": height}
        context = self.browser.new_context(storage_state=self.sessions[name], viewport=viewport, **more)
        watch(context, self.wrongs)
        self.contexts.append(context)
        return context

    def visit(self, name: str, article: Article, width: int = 1360, height: int = 900, **more: Any) -> Page:
        """`name` at the article, ready to work."""
        page = self.browse(name, width, height, **more).new_page()
        self.open(page, article)
        return page

    def open(self, page: Page, article: Article) -> None:
        page.goto(self.address + article.path)
        at_work(page)

    def _sign_in(self, name: str) -> StorageState:
        context = self.browser.new_context()
        page = context.new_page()
        page.goto(f"{self.address}/sign-in")
        sign_in(page, name)
        page.wait_for_url(f"{self.address}/")
        state = context.storage_state()
        context.close()
        return state

    def _actor(self, name: str) -> Actor:
        signed_in = accounts.who_is(self.db, accounts.sign_in(self.db, name, PASSWORD, "test"), 1, 1)
        assert signed_in
        return signed_in.actor


def sign_in(page: Page, name: str) -> None:
    """Fill in the form that is open."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="session")
def running_office(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Office]:
    with serving(new_folder(tmp_path_factory.mktemp("office"))) as server:
        db = Database(server.database_url)
        for name in ANNOTATORS:
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, PROJECT, name, frozenset({"annotator"}))
        yield Office(server.address, db, browser)
        db.close()


@pytest.fixture
def office(running_office: Office) -> Iterator[Office]:
    """The server; the test fails when a page throws an error or asks anything of another host."""
    yield running_office
    for context in running_office.contexts:
        context.close()
    wrongs = [*running_office.wrongs]
    running_office.contexts.clear()
    running_office.wrongs.clear()
    assert wrongs == []
