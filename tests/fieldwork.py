"""Browsers of people at work on a real server: they keep their connection, and send again what was cut off."""

import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.simulated import Article, Person, Truth, new_uuid
from tests.world import delete, finish, put, reopen

PATIENCE_SECONDS = 300
PASSWORD = "five plain words, in a row"
MARGIN = 0.5  # of a passage that a cluster must share with it to be about it
# tokens, and the moment of a refusal
CHANGING = re.compile(
    r'csrf-token" content="[^"]*|csrf_token"[^>]*value="[^"]*|"csrf_token":\s*"[^"]*|\d\d:\d\d(:\d\d)?'
)
GOLD = ("start", "end", "quote", "speaker", "chain", "stance", "on_target", "ascribed", "claim_type")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Browser:
    """One person's. `took`: seconds of each answer by kind of request; `cut_off`: answers that never came."""

    def __init__(self, site: str) -> None:
        self._site, self._where = site, urlsplit(site)
        self._connection = self._new()
        self._cookies: dict[str, str] = {}
        self.token = ""
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self.cut_off = 0

    def _new(self) -> HTTPConnection:
        return HTTPConnection(self._where.hostname or "", self._where.port, timeout=60)

    def get(self, address: str, kind: str = "") -> Answer:
        return self._ask("GET", address, kind, None, {})

    def page(self, address: str, kind: str = "") -> str:
        """One that must be there."""
        found = self.get(address, kind)
        assert found.status == 200, (address, found.status, found.text[:500])
        return found.text

    def send(self, address: str, record: object, kind: str = "") -> Answer:
        """JSON, again and again until it is answered."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        return self._ask("POST", address, kind, json.dumps(record).encode(), headers)

    def fill_in(self, page: str, kind: str = "", *, action: str = "", **fields: str) -> Answer:
        """Send the form of a page; it must lead on."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page(page))
        assert token, page
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"csrf_token": token[1], **fields}).encode()
        answer = self._ask("POST", action or page, kind, body, headers)
        assert answer.status == 303, (page, answer.status, answer.text[-3000:])
        return answer

    def welcome(self, link: str) -> None:
        """The one-time link of somebody new: choose a password, and be signed in."""
        self.fill_in(urlsplit(link).path, password=PASSWORD)
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page("/"))
        assert found
        self.token = found[1]

    def _ask(self, method: str, address: str, kind: str, body: bytes | None, more: dict[str, str]) -> Answer:
        headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin", "Origin": self._site, **more}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        limit = time.monotonic() + PATIENCE_SECONDS
        while True:
            begun = time.perf_counter()
            answer = self._once(method, address, body, headers)
            if answer is not None and answer.status < 500:
                self.took[kind].append(time.perf_counter() - begun)
                return answer
            assert answer is None or answer.status == 503, (address, answer.status, answer.text[:500])
            assert time.monotonic() < limit, address
            self.cut_off += 1
            time.sleep(0.05)

    def _once(self, method: str, address: str, body: bytes | None, headers: dict[str, str]) -> Answer | None:
        try:
            self._connection.request(method, address, body, headers)
            found = self._connection.getresponse()
            content = found.read()
        except (OSError, HTTPException):
            self._connection.close()
            self._connection = self._new()
            return None
        for cookie in found.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        packed = found.headers["Content-Encoding"] == "gzip"
        return Answer(found.status, found.headers, gzip.decompress(content) if packed else content)

    def close(self) -> None:
        self._connection.close()


class Annotator:
    """Somebody at work. What they were told is stored is in `labels` (living ones by article and id) and `states`."""

    def __init__(self, person: Person, browser: Browser, slug: str) -> None:
        self.person, self.browser, self._slug = person, browser, slug
        self._dice = Random(f"hands of {person.name}")
        self.labels: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.states: dict[str, str] = {}
        self.answers = Counter[str]()

    @property
    def stored(self) -> int:
        return self.answers["stored"] + self.answers["repeated"]

    @property
    def living(self) -> int:
        return sum(map(len, self.labels.values()))

    def work(self, article: Article, *, leave_open: bool = False) -> None:
        """Open the article, label it, change one's mind here and there, and finish it."""
        here, dice = f"/p/{self._slug}/documents/{article.id}", self._dice
        if dice.random() < 0.1:
            self.browser.page(here, "annotation page")
        opened = self.browser.get(f"{here}.json", "article as JSON").json
        assert (opened["text"], opened["state"], opened["labels"]) == (article.text, "open", [])
        self.browser.token = opened["csrf_token"]
        labels = [self._addressed(label, opened["text_sha256"]) for label in self.person.labels(article)]
        size = dice.choice((1, 1, 1, 8, 30))  # one by one, or what gathered on a train
        for first in range(0, len(labels), size):
            self._send(article, [put(label, new_uuid(dice)) for label in labels[first : first + size]])
        self._change(article)
        self.states[article.id] = "open"
        if not leave_open:
            self._turn(article, finish, "done")
            if dice.random() < 0.05:
                self._think_again(article)
        if dice.random() < 0.2 or any(isinstance(one["speaker"], dict) for one in self.labels[article.id].values()):
            self._compare(article)

    def _addressed(self, label: dict[str, Any], sha256: str) -> dict[str, Any]:
        return {"id": new_uuid(self._dice), **label, "text_sha256": sha256, "base": 0}

    def _send(self, article: Article, operations: Sequence[dict[str, Any]], refused: str | None = None) -> None:
        """All of them stored, by now or by an earlier try that was cut off; or refused with that code."""
        before = self.browser.cut_off
        address = f"/p/{self._slug}/documents/{article.id}/operations"
        kind = "save" if len(operations) == 1 else "batch"
        answer = self.browser.send(address, {"operations": list(operations)}, kind)
        assert answer.status == 200, (answer.status, answer.text[:500])
        for operation, result in zip(operations, answer.json["results"], strict=True):
            self.answers[result["code"] or result["status"]] += 1
            assert result["code"] == refused, (operation, result)
            assert refused or result["status"] == "stored" or self.browser.cut_off > before, result
            if not refused:
                self._keep(article, operation, result["revision"])

    def _keep(self, article: Article, operation: dict[str, Any], revision: int | None) -> None:
        mine = self.labels[article.id]
        if operation["action"] == "put":
            label = operation["label"]
            mine[label["id"]] = {**label, "revision": revision}
        elif operation["action"] == "delete":
            del mine[operation["label"]["id"]]

    def _change(self, article: Article) -> None:
        """Notes, second thoughts, slips of the hand, a second window."""
        dice = self._dice
        for label in list(self.labels[article.id].values()):
            chance, now = dice.random(), {**label, "base": label["revision"]}
            now.pop("revision")
            if chance < 0.04:
                self._put(article, now | {"note": "Changed my mind.", "stance": label["stance"] and "neutral"})
            elif chance < 0.06:
                self._send(article, [delete(label["id"], label["revision"], new_uuid(dice))])
            elif chance < 0.07:
                self._put(article, now | {"unsure": True})
                self._put(article, now | {"note": "From the other window."}, "conflict")
            elif chance < 0.08:
                self._put(article, now | {"id": new_uuid(dice), "base": 0}, "duplicate-label")
            elif chance < 0.09:
                self._put(article, now | {"quote": label["quote"][:-1] + "…"}, "quote-mismatch")

    def _put(self, article: Article, label: dict[str, Any], refused: str | None = None) -> None:
        self._send(article, [put(label, new_uuid(self._dice))], refused)

    def _turn(self, article: Article, how: Any, state: str) -> None:
        self._send(article, [how(new_uuid(self._dice))])
        self.states[article.id] = state

    def _think_again(self, article: Article) -> None:
        for label in list(self.labels[article.id].values())[:1]:
            now = {**label, "base": label["revision"], "note": "Seen after finishing."}
            now.pop("revision")
            self._put(article, now, "finished")
            self._turn(article, reopen, "open")
            self._put(article, now)
            self._turn(article, finish, "done")

    def seen(self, own: Sequence[Article]) -> dict[str, tuple[int, str]]:
        """What is answered at addresses that this one might try, less what changes with every answer."""
        ends = ["", "documents", "documents?sort=-labels", "speakers", "guide", "people", "agreement", "events"]
        ends += [f"documents/{one.id}{end}" for one in (own[0], own[-1]) for end in ("", ".json")]
        asked = ["/", "/account", *(f"/p/{self._slug}/{end}" for end in ends)]
        answers = {address: self.browser.get(address) for address in asked}
        return {address: (one.status, CHANGING.sub("", one.text)) for address, one in answers.items()}

    def _compare(self, article: Article) -> None:
        """What the server shows is what was told to be stored; new speakers are known by their ids from now on."""
        shown = self.browser.get(f"/p/{self._slug}/documents/{article.id}.json", "article as JSON").json
        mine = self.labels[article.id]
        assert shown["state"] == self.states[article.id] and {one["id"] for one in shown["labels"]} == set(mine)
        for one in shown["labels"]:
            kept = mine[one["id"]]
            if isinstance(kept["speaker"], dict):
                kept["speaker"] = one["speaker"]
            assert one == {name: kept[name] for name in one}, kept


# ---- adjudicators ----


class Adjudicator:
    """Somebody who decides. `made`: by article, what was stored, each with the ids of the labels it is about."""

    def __init__(self, name: str, browser: Browser, slug: str) -> None:
        self.name, self.browser, self._slug = name, browser, slug
        self._dice = Random(f"judgement of {name}")
        self.made: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers = Counter[str]()

    def open(self, article: Article) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.get(
            f"/p/{self._slug}/adjudicate/{article.id}.json", "clusters as JSON"
        ).json
        self.browser.token = found["csrf_token"]
        return found

    def decide(self, article: Article, opened: dict[str, Any]) -> None:
        """All that waits, as the truth has it, and now and then what everybody missed."""
        assert opened["ready"]
        waiting = [one for one in opened["clusters"] if one["waiting"]]
        given = [self._decision(article, cluster) for cluster in waiting]
        given += self._missed(article, opened["clusters"])
        address = f"/p/{self._slug}/adjudicate/{article.id}/decisions"
        results = self.browser.send(address, {"decisions": given}, "decide").json["results"] if given else []
        for decision, result in zip(given, results, strict=True):
            self.answers[result["code"] or result["status"]] += 1
            if result["status"] == "refused":
                assert result["code"] == "conflict", (decision, result)
                continue
            cluster = next((one for one in waiting if one["key"] == decision["key"]), None)
            self.made[article.id].append({**decision, "cluster": cluster, "by": self.name})

    def _decision(self, article: Article, cluster: dict[str, Any]) -> dict[str, Any]:
        wanted = {"id": new_uuid(self._dice), "key": cluster["key"], "base": 0, "note": ""}
        truth = max(article.truths, key=lambda one: _shared(one, cluster), default=None)
        if truth is None or _shared(truth, cluster) < MARGIN * (truth.end - truth.start):
            return wanted | {"action": "reject", "note": "Nobody claims anything here."}
        gold = _gold(article, truth)
        if gold == {name: cluster[name] for name in GOLD}:
            return wanted | {"action": "accept"}
        return wanted | {"action": "set", "gold": gold, "note": "As the article has it."}

    def _missed(self, article: Article, clusters: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        missed = [truth for truth in article.truths if not any(_shared(truth, cluster) for cluster in clusters)]
        return [
            {
                "id": new_uuid(self._dice),
                "action": "add",
                "gold": _gold(article, truth),
                "key": "",
                "base": 0,
                "note": "",
            }
            for truth in missed
            if self._dice.random() < 0.3
        ]


def _shared(truth: Truth, cluster: dict[str, Any]) -> int:
    return max(0, min(truth.end, cluster["end"]) - max(truth.start, cluster["start"]))


def _gold(article: Article, truth: Truth) -> dict[str, Any]:
    found = truth.fields() | {"quote": article.text[truth.start : truth.end]}
    return {name: found[name] for name in GOLD}
