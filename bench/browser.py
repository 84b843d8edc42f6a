"""The annotation page in Chromium: first paint, keys, frames with the processor slowed down, bytes on the line."""

import gzip
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, StorageState, sync_playwright

from tests.browser.chromium import FLAGS, chromium
from tests.servers import new_folder, serving

LOADS, KEYS = 5, 12
SLOWED = 4
FRAME = 1000 / 60

# `window.waited(type, seen)` resolves with the milliseconds from the next event of that type to the end of the first
# frame in which `seen()` holds; `window.frames()` gives the longest gap between frames since it was called before.
METER = """
window.waited = (type, seen) => new Promise(done => {
  addEventListener(type, event => {
    const look = () => requestAnimationFrame(() => {
      const there = seen(), { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { if (there) done(performance.now() - event.timeStamp); else look(); };
      port2.postMessage(0);
    });
    look();
  }, { capture: true, once: true });
});
let last = 0, longest = 0;
const tick = now => { if (last) longest = Math.max(longest, now - last); last = now; requestAnimationFrame(tick); };
requestAnimationFrame(tick);
window.frames_longest = () => { const was = longest; longest = 0; return was; };
"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
NEW_LABEL = "was => document.querySelectorAll('#cards .card').length > was && !!document.querySelector('#art mark.on')"
MOVED = "was => document.querySelector('[aria-current=true]')?.dataset.s !== was"
RAISED = "was => document.querySelector('#cards .card.on')?.dataset.id !== was"


@dataclass(frozen=True)
class Figure:
    """A figure with its unit, the limit it should keep, and as a ratio to a peer of the same run."""

    what: str
    value: float
    unit: str
    most: float | None = None
    ratio: float | None = None
    peer: str = ""

    def __str__(self) -> str:
        limit = "" if self.most is None else f"≤ {self.most:g}{'' if self.value <= self.most else '  MISSED'}"
        ratio = "" if self.ratio is None else f"{self.ratio:.3g} × {self.peer}"
        return f"{self.what:58}{self.value:9.1f} {self.unit:9}{ratio:32}{limit}"

    def record(self) -> dict[str, Any]:
        return asdict(self)


def figures(database_url: str, documents: str, name: str, password: str) -> Iterator[Figure]:
    """Everything that only a browser can tell, of `<documents>/long` and the seed article `<documents>/000`."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        program = chromium(Path(playwright.chromium.executable_path), whole=True)  # as people have it
        with serving(new_folder(Path(folder)), DATABASE_URL=database_url) as server:
            running = playwright.chromium.launch(executable_path=program, args=FLAGS)
            visit = _Visit(running, server.address, documents, name, password)
            yield from visit.first_paint()
            yield from visit.keys()
            yield from visit.frames_when_slowed()
            yield from visit.first_visit()
            running.close()


class _Visit:
    """Somebody signed in; each measure in a context of its own, with an empty cache."""

    def __init__(self, running: Browser, address: str, documents: str, name: str, password: str) -> None:
        self._running, self._documents = running, address + documents
        context = running.new_context()
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{address}/")
        self._state: StorageState = context.storage_state()
        context.close()

    def _context(self) -> BrowserContext:
        return self._running.new_context(storage_state=self._state, viewport={"width": 1360, "height": 900})

    def first_paint(self) -> Iterator[Figure]:
        seed = statistics.median(self._paint("000")[0] for _ in range(LOADS))
        long = [self._paint("long") for _ in range(LOADS)]
        painted = statistics.median(first for first, _ in long)
        yield Figure("seed article, first paint", seed, "ms")
        yield Figure("long article, first paint", painted, "ms", 600, painted / seed, "seed article")
        yield Figure("long article, first paint, worst", max(first for first, _ in long), "ms", 600)
        yield Figure("long article, ready for keys", statistics.median(ready for _, ready in long), "ms")

    def _paint(self, document: str) -> tuple[float, float]:
        """Milliseconds from the start of the navigation to the first paint, and until keys work."""
        context = self._context()
        page = context.new_page()
        page.goto(f"{self._documents}/{document}", wait_until="commit")
        page.wait_for_selector("body[data-ready]")
        ready = page.evaluate("performance.now()")
        first = page.wait_for_function(PAINTED).json_value()
        context.close()
        return first, ready

    def _long(self, context: BrowserContext) -> Page:
        """The long article in the middle, with a label to repeat."""
        page = context.new_page()
        page.add_init_script(METER)
        page.goto(f"{self._documents}/long")
        page.wait_for_selector("body[data-ready]")
        page.locator(".s").nth(page.locator(".s").count() // 2).click()
        for key in ("s", *"duver", "Enter", "1", "e"):
            page.keyboard.press(key)
        page.wait_for_selector("#art mark.on")
        return page

    def keys(self) -> Iterator[Figure]:
        context = self._context()
        page = self._long(context)
        moves, saves, steps = [], [], []
        for _ in range(KEYS):
            moves.append(_timed(page, "j", MOVED, "document.querySelector('[aria-current=true]').dataset.s"))
            saves.append(_timed(page, ".", NEW_LABEL, "document.querySelectorAll('#cards .card').length"))
        for _ in range(KEYS):
            steps.append(_timed(page, "]", RAISED, "document.querySelector('#cards .card.on')?.dataset.id"))
        for what, times, most in (
            ("key to new label on screen", saves, 2),
            ("J to next sentence", moves, None),
            ("] to next label", steps, None),
        ):
            yield _frames(f"{what}, median", statistics.median(times), most)
            yield _frames(f"{what}, worst of {KEYS}", max(times), None)
        context.close()

    def frames_when_slowed(self) -> Iterator[Figure]:
        context = self._context()
        page = self._long(context)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        for what, action in (
            ("typing a speaker", _type_speaker),
            ("typing a note", _type_note),
            ("selecting by mouse", _select),
            ("refining by Shift+arrows", _refine),
        ):
            longest = [_longest_frame(page, action) for _ in range(3)]
            value = statistics.median(longest)
            yield Figure(f"{what} at 1/{SLOWED} speed, longest frame", value, "ms", 50, value / FRAME, "a frame")
        context.close()

    def first_visit(self) -> Iterator[Figure]:
        context = self._context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        sizes = _transferred(session)
        ours: dict[str, bytes] = {}
        page.on("response", lambda answer: ours.update({answer.url: b""}))
        page.goto(f"{self._documents}/000", wait_until="networkidle")
        yield Figure("first visit, seed article", sum(sizes) / 1000, "kB", 110)
        yield Figure("first visit, seed article", len(sizes), "requests", 14)
        for kind, most in (("js", 18), ("css", 10)):
            bodies = [page.request.get(url).body() for url in ours if f"/{kind}/" in url]
            yield Figure(f"own {kind.upper()} of it", sum(len(gzip.compress(b)) for b in bodies) / 1000, "kB gz", most)
        context.close()


def _frames(what: str, value: float, most: float | None) -> Figure:
    return Figure(f"{what}, frames", value / FRAME, "frames", most, value / FRAME, "a frame")


def _timed(page: Page, key: str, seen: str, before: str) -> float:
    """Milliseconds from a key to the end of the frame that shows what it does."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate(f"() => {{ const was = {before}; window.measured = waited('keydown', () => ({seen})(was)); }}")
    page.keyboard.press(key)
    return float(page.evaluate("window.measured"))


def _longest_frame(page: Page, action: Callable[[Page], None]) -> float:
    page.keyboard.press("Escape")
    page.evaluate("frames_longest()")
    action(page)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    longest = float(page.evaluate("frames_longest()"))
    page.keyboard.press("Escape")
    return longest


def _type_speaker(page: Page) -> None:
    page.keyboard.press("s")
    page.keyboard.type("hollywood co", delay=30)
    page.keyboard.press("Escape")


def _type_note(page: Page) -> None:
    page.keyboard.press("i")
    page.keyboard.type("a short note", delay=30)
    page.keyboard.press("Escape")


def _select(page: Page) -> None:
    box = page.locator("[aria-current=true]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 90, steps=12)
    page.mouse.up()


def _refine(page: Page) -> None:
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(f"Shift+{key}")


def _transferred(session: CDPSession) -> list[int]:
    """Bytes of each answer, headers included, as they come in."""
    sizes: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda done: sizes.append(int(done["encodedDataLength"])))
    return sizes
