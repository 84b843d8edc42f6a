"""Nothing is lost: labels made by keyboard over a line that fails at random, while the server is killed with SIGKILL,
the tab closed, the line cut. Each is stored exactly once. `make soak` does five long rounds of it."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, TimeoutError, expect
from sqlalchemy import func, select

from tests.browser.proxy import BAG, Proxy, bad_line
from tests.browser.team import PASSWORD, PROJECT, press
from tests.servers import free_port, new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.models import Event, Label
from webapp.places import place
from webapp.services import accounts, assigning, importing, managing

ROUNDS, LABELS = (5, 200) if os.environ.get("STANCEMARK_SOAK") else (1, 60)
ARTICLE = f"/p/{PROJECT}/documents/long"
PATIENCE_SECONDS = 120  # the outbox waits up to half a minute between two tries

# What the page shows of a label: its marks, and the words on its card as the ids that they stand for.
SHOWN = """id => {
  const data = JSON.parse(document.querySelector("#page-data").textContent), length = text => [...text].length;
  const card = document.querySelector(id ? `#cards .card[data-id="${id}"]` : "#cards .card.on");
  if (!card) return null;
  const marks = [...document.querySelectorAll(`#art mark[data-id="${card.dataset.id}"]`)];
  const at = (mark, wholly) => {
    const sentence = mark.closest(".s"), range = document.createRange();
    range.setStart(sentence, 0);
    if (wholly) range.setEndAfter(mark); else range.setEndBefore(mark);
    return +sentence.dataset.s + length(range.toString());
  };
  const word = part => card.querySelector(part)?.textContent ?? null;
  const idOf = (list, field, name) => list.find(x => x[field] === name)?.id ?? null;
  return {
    id: card.dataset.id, start: at(marks[0], false), end: at(marks.at(-1), true),
    speaker: idOf(data.speakers, "name", word(".card-2 span")),
    stance: idOf(data.stances, "word", word(".card-1 b")),
    claim_type: idOf(data.claim_types, "name", word(".claim")),
  };
}"""

KEPT_IN_BROWSER = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("stancemark");
  opening.onerror = failed;
  opening.onsuccess = () => {
    const count = opening.result.transaction("operations").objectStore("operations").count();
    count.onsuccess = () => { opening.result.close(); done(count.result); };
  };
})"""

Shown = dict[str, Any]


class Site:
    """The program on one port and one database, to be killed and started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._port = str(free_port())
        self.start()

    def start(self) -> None:
        self.server = self._stack.enter_context(serving(self._folder, STANCEMARK_PORT=self._port))

    def kill(self) -> None:
        """The server and its workers, without a chance to tidy up."""
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()

    @property
    def is_dead(self) -> bool:
        return self.server.process.poll() is not None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Alice has a long article, made of the seed articles."""
    with ExitStack() as stack:
        site = Site(new_folder(tmp_path), stack)
        db = Database(site.server.database_url)
        texts = [json.loads(line)["text"] for line in (place("seeds") / "articles.jsonl").read_text().splitlines()]
        importing.import_documents(db, OPERATOR, PROJECT, [("long.txt", "\n\n".join(texts * 4).encode())])
        accounts.add_person(db, OPERATOR, "Alice", password=PASSWORD)
        managing.set_roles(db, OPERATOR, PROJECT, "Alice", frozenset({"annotator"}))
        assigning.assign(db, OPERATOR, PROJECT, ["Alice"], 1, documents=["long"])
        db.close()
        yield site


class Annotator:
    """Labels sentence after sentence by keyboard, and notes down what the page shows of each label."""

    def __init__(self, context: BrowserContext, address: str, seed: int) -> None:
        self.context, self.address = context, address
        self.shown: dict[str, Shown] = {}  # by id; `revision` counts the changes
        self._random = Random(seed)
        self._walked = 0
        self._may_repeat = False
        self._sign_in()

    def _sign_in(self) -> None:
        self.page = self.context.new_page()
        self.page.goto(f"{self.address}/sign-in?next={ARTICLE}")
        self.page.get_by_label("Name").fill("Alice")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_selector("body[data-ready]")

    def close(self) -> None:
        """Close the tab in the very moment after changes of a new label, with whatever is on its way."""
        label = self.shown[self._add()]
        press(self.page, "v", "f", "x")
        label["revision"] += 2 if label["claim_type"] == "VALUE" else 3
        label["claim_type"] = "OTHER"
        asked: list[Dialog] = []  # whether to leave, with labels not sent: twice she stays a moment longer
        self.page.on("dialog", lambda dialog: asked.append(dialog) or _answer(dialog, leave=len(asked) > 2))
        while not self.page.is_closed():
            with suppress(TimeoutError), self.page.expect_event("close", timeout=1000):
                self.page.close(run_before_unload=True)

    def reopen(self) -> None:
        """In a new tab, at the sentence where the closed one was."""
        self.page = self.context.new_page()
        self.page.goto(self.address + ARTICLE)
        self.page.wait_for_selector("body[data-ready]")
        assert self.on_screen() == self.shown_values(), "a new tab shows all that the closed one showed"
        press(self.page, *"j" * self._walked)
        self._may_repeat = False

    def work(self, labels: int) -> None:
        for _ in range(labels):
            id = self._add()
            if self._random.random() < 0.15:
                self._change(id)
            elif self._random.random() < 0.1:
                self._delete_and_bring_back(id)

    def _add(self) -> str:
        press(self.page, "j", *self._random.choice(["", "", "", ["Shift+J"]]))
        self._walked += 1
        if self._may_repeat and self._random.random() < 0.6:
            press(self.page, ".")
        else:
            speaker, stance, claim_type = (
                self._random.choice(keys) for keys in (("goo", "ope", "duv"), "123", "podfvx")
            )
            press(self.page, "s", *speaker, "Enter", stance, claim_type)
            self._may_repeat = True
        label = self._read()
        assert label and label["id"] not in self.shown, "a new label is raised"
        self.shown[label["id"]] = {**label, "revision": 1}
        return str(label["id"])

    def _change(self, id: str) -> None:
        """By one key, to another claim type."""
        old = self.shown[id]
        press(self.page, "v" if old["claim_type"] == "FACT" else "f")
        self.shown[id] = {**self._read(), "revision": old["revision"] + 1}
        assert (self.shown[id]["id"], self.shown[id]["claim_type"]) != (id, old["claim_type"])

    def _delete_and_bring_back(self, id: str) -> None:
        press(self.page, "Delete")
        assert self._read(id) is None
        press(self.page, "u")
        assert self._read(id) == {name: value for name, value in self.shown[id].items() if name != "revision"}
        self.shown[id]["revision"] += 2

    def _read(self, id: str = "") -> Any:
        """The label of that id, or the raised one; None where it is not shown."""
        return self.page.evaluate(SHOWN, id)

    def shown_values(self) -> dict[str, Shown]:
        return {id: {**label, "revision": None} for id, label in self.shown.items()}

    def on_screen(self) -> dict[str, Shown]:
        ids = self.page.eval_on_selector_all("#cards .card", "cards => cards.map(card => card.dataset.id)")
        assert len(ids) == len(set(ids)), "a label is shown once"
        return {id: {**self._read(id), "revision": None} for id in ids}

    def is_told_that_labels_are_kept(self) -> None:
        expect(self.page.locator("#status")).to_contain_text("kept here")


def _answer(dialog: Dialog, *, leave: bool) -> None:
    if leave:
        dialog.accept()
    else:
        dialog.dismiss()


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.05)


def stored(database_url: str) -> tuple[dict[str, Shown], Counter[str]]:
    """The labels in the database by id, and how often a label was added, changed or deleted."""
    db = Database(database_url)
    with db.reading() as session:
        rows = session.scalars(select(Label).where(Label.document_id == "long", Label.deleted_at.is_(None))).all()
        found = {row.id: _values(row) for row in rows}
        events = select(Event.action, func.count()).where(Event.document_id == "long").group_by(Event.action)
        counts = Counter(dict(session.execute(events).all()))
    db.close()
    return found, counts


def _values(row: Label) -> Shown:
    values = {name: getattr(row, name) for name in ("id", "stance", "claim_type", "revision")}
    return {**values, "start": row.start_at, "end": row.end_at, "speaker": row.speaker_id}


def live_through(alice: Annotator, site: Site, proxy: Proxy) -> None:
    """A bad day: the server dies with labels in its hand, the tab is closed twice, the line is gone for a while."""
    part = LABELS // 6
    alice.work(part)
    proxy.at_next = site.kill
    alice.work(part)
    wait_until(lambda: site.is_dead)
    alice.work(part)
    alice.is_told_that_labels_are_kept()
    alice.close()
    site.start()
    alice.reopen()
    alice.work(part)
    alice.close()
    alice.reopen()
    alice.context.set_offline(True)
    alice.work(part)
    alice.is_told_that_labels_are_kept()
    alice.context.set_offline(False)
    alice.work(LABELS - len(alice.shown))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_each_label_is_stored_exactly_once(site: Site, context: BrowserContext, seed: int) -> None:
    with bad_line(site.server.address, seed) as proxy:
        alice = Annotator(context, proxy.address, seed)
        live_through(alice, site, proxy)
        status = alice.page.locator("#status")
        expect(status).to_have_attribute("data-state", "saved", timeout=PATIENCE_SECONDS * 1000)
        expect(status).to_have_text("Saved")
        assert alice.page.evaluate(KEPT_IN_BROWSER) == 0

        labels, events = stored(site.server.database_url)
        assert len(labels) == LABELS
        assert labels == alice.shown
        changes = sum(label["revision"] for label in alice.shown.values())
        assert events["label-added"] + events["label-changed"] + events["label-deleted"] == changes, "nothing twice"
        assert events["label-added"] == LABELS
        assert alice.on_screen() == alice.shown_values()
        alice.page.reload()
        alice.page.wait_for_selector("body[data-ready]")
        assert alice.on_screen() == alice.shown_values()
        assert set(proxy.dealt) == set(BAG)
        print(
            f"round {seed}: {len(labels)} labels in {changes} changes, {proxy.dealt.total()} requests:",
            *sorted(proxy.dealt.items()),
        )
        context.close()
