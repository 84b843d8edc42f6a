"""Articles with labels on them, as formats of exports take them; hard ones for property tests."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from hypothesis import strategies as st

from webapp.domain.export import Article, Work
from webapp.domain.files import records
from webapp.domain.prose.segments import analyse
from webapp.domain.text import SPACES, grapheme_cuts, is_space, sha256_of

Row = dict[str, Any]

# letters, marks of every format, spaces, emoji with joiners and tones, combining and right-to-left characters, controls
HARD = [
    *"aZ0 .,'’-_#|*[];=+@\\/\"“”\t\n\n",
    "->",
    "e\u0301",
    "\U0001f600",
    "\U0001f469\u200d\U0001f680",
    "\U0001f44d\U0001f3fb",
]
HARD += [
    "שלום",
    "مرحبا",
    "\u200f",
    "\u2028",
    "\x85",
    "\x0c",
    "\x1f",
    "\ufeff",
    "क्षि",
    "\U0001f1e9\U0001f1ea",
    "a\U0001f3fb",
    "\u0600",
    "𝒚\u0302",
]
hard_texts = st.lists(st.sampled_from(HARD), min_size=1, max_size=60).map("".join).filter(lambda t: t.strip(SPACES))
notes = st.lists(st.sampled_from(HARD), max_size=8).map("".join)


def label(text: str, start: int, end: int, **more: Any) -> Row:
    row: Row = dict.fromkeys(records.LABEL, "")
    row |= {
        "id": str(uuid5(NAMESPACE_OID, f"{start} {end} {more}")),
        "round": "main",
        "state": "done",
        "document": "d1",
        "annotator": "Alice",
    }
    row |= {"start": start, "end": end, "quote": text[start:end], "speaker": "openai", "chain": [], "revision": 1}
    row |= {"stance": "neutral", "on_target": True, "ascribed": False, "claim_type": "FACT", "unsure": False}
    row |= {"origin": "marked", "speaker_origin": "picked"}
    return row | dict.fromkeys(("created_at", "updated_at"), "2031-01-01T00:00:00Z") | more


def article(text: str, *labels: Row, id: str = "d1") -> Article:
    """One article that Alice worked on."""
    document = dict.fromkeys(records.DOCUMENT, "") | {"id": id, "text": text, "text_sha256": sha256_of(text)}
    found = sorted(labels, key=lambda row: (row["start"], -row["end"], row["speaker"]))
    return Article(document, analyse(text).sentences if text else (), (Work("main", "Alice", "done", found),))


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """A hard text with labels that the rules of labels let through: overlapping, nested, stacked, at the edges."""
    text = draw(hard_texts)
    cuts = grapheme_cuts(text)
    starts = [n for n, c in enumerate(text) if not is_space(c) and n not in cuts]
    ends = [n + 1 for n, c in enumerate(text) if not is_space(c) and n + 1 not in cuts]
    labels = []
    for speaker in draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)) if starts and ends else ():
        start = draw(st.sampled_from(starts))
        if later := [end for end in ends if end > start]:
            target = draw(st.booleans())
            labels.append(
                label(text, start, draw(st.sampled_from(later)), speaker=speaker, note=draw(notes))
                | {"on_target": target, "stance": "for" if target else None, "claim_type": "FACT" if target else None}
                | {"chain": draw(st.sampled_from([[], ["voice", speaker]])), "unsure": draw(st.booleans())}
            )
    return article(text, *labels)
