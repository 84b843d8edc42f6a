"""Documents that people marked, made by hand, by hypothesis or out of a case."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from tests.bundles import counted, files_of
from webapp.domain.agreement import Measure, measures
from webapp.domain.spans.continua import Continuum, Spans, Unit, spans_of

CASES = Path(__file__).parents[2] / "cases" / "agreement"
NAMES = ("ana", "ben", "cem", "dan")

Label = tuple[int, int, str]  # original start, end, stance
Marks = Mapping[str, Iterable[Label]]  # by annotator


def measure(name: str) -> Measure[Spans]:
    (found,) = (each for each in measures("spans") if each.name == name)
    return found


def value(name: str, spans: Spans) -> float:
    found = measure(name).estimate(spans)
    assert found.value is not None and found.reason is None, found
    return found.value


def marked(text: str | int, marks: Marks, id: str = "d", excluded: Sequence[tuple[int, int]] = ()) -> Continuum:
    """A document; of a text that does not matter only the length."""
    text = "x" * text if isinstance(text, int) else text
    kept = [not any(start <= n < end for start, end in excluded) for n in range(len(text))]
    place = [0, *accumulate(kept)]
    units = {
        name: tuple(sorted(Unit(place[s], place[e], c, s, e) for s, e, c in labels if place[s] < place[e]))
        for name, labels in marks.items()
    }
    return Continuum(id, text, tuple(excluded), place[-1], units)


def one(length: int, **marks: Iterable[Label]) -> Spans:
    return Spans((marked(length, marks),))


def of_case(name: str, seed: int = 0) -> Spans:
    given = json.loads((CASES / f"{name}.json").read_text())["input"]
    return spans_of(counted(files_of(**{key: rows for key, rows in given.items() if key != "kind"})), seed)


def without(spans: Spans, document: int) -> Spans:
    return Spans(spans.continua[:document] + spans.continua[document + 1 :])


def scattered(seed: int, documents: int = 4, length: int = 2_000, labels: int = 15, names: int = 3) -> Spans:
    """Everybody marks places of their own, by chance."""
    random = Random(seed)

    def label() -> Label:
        start = random.randrange(length - 60)
        return start, start + random.randint(10, 60), random.choice("ab")

    def document() -> Marks:
        return {name: [label() for _ in range(labels)] for name in NAMES[:names]}

    return Spans(tuple(marked(length, document(), f"d{n}") for n in range(documents)))


@st.composite
def several(draw: st.DrawFn, documents: int = 3, labels: int = 4, text: str = "ab c, de  f🙂 gh.") -> Spans:
    """Small documents with many ties, each of some of the annotators."""
    place = st.integers(0, len(text))
    span = st.lists(place, min_size=2, max_size=2, unique=True).map(sorted)
    label = st.tuples(span, st.sampled_from("ab")).map(lambda drawn: (*drawn[0], drawn[1]))

    def document(number: int) -> Continuum:
        names = draw(st.lists(st.sampled_from(NAMES), min_size=2, unique=True))
        marks = {name: draw(st.lists(label, max_size=labels)) for name in names}
        return marked(text, marks, f"d{number}", draw(st.lists(span.map(tuple), max_size=1)))

    return Spans(tuple(document(n) for n in range(draw(st.integers(0, documents)))))
