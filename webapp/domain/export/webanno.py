"""WebAnno TSV 3.3: one file an article, round and annotator, in a span layer `webanno.custom.Label`.

Offsets are UTF-16 code units, since the format's own programs are written in Java. A sentence's text runs on to the
next sentence, because the format keeps no words or spaces between sentences.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from webapp.domain.export import Article, Files, Format, Record, Work, as_file_name, left_out
from webapp.domain.prose.tokens import Span
from webapp.domain.text import canonical

FEATURES = {
    name: name for name in ("speaker", "stance", "claim_type", "on_target", "ascribed", "unsure", "chain", "note")
}
FEATURES["label_id"] = "id"
_HEAD = "\n".join(("#FORMAT=WebAnno TSV 3.3", f"#T_SP=webanno.custom.Label|{'|'.join(FEATURES)}", "", ""))
_NONE = "_\t" * len(FEATURES)
_IN_VALUE = re.compile(r"->|[\\\[\]|_;*\t\n]")
_IN_TEXT = re.compile(r"[\x01-\x07\t\f\b\x0e-\x1f\\]")
_NAMED = {"\t": "\\t", "\n": "\\n", "\f": "\\f", "\b": "\\b"}

Cells = list[str]  # of one label, a value a feature with its number behind it


def write(articles: Iterable[Article]) -> Files:
    """`round/annotator/document.tsv` of each, and what is left out."""
    without = []
    for article in articles:
        if not article.text:
            without.append(article.id)
            continue
        for work in article.works:
            folder = f"{as_file_name(work.round)}/{as_file_name(work.annotator)}"
            yield f"{folder}/{article.id}.tsv", _content(article, work)
    yield left_out(FORMAT, without)


def _content(article: Article, work: Work) -> Iterator[bytes]:
    text, sentences = article.text, article.tokens
    wide = [n for n, character in enumerate(text) if character > "\uffff"]
    marked = _marked(work.labels, [span for sentence in sentences for span in sentence])
    yield _HEAD.encode()
    bounds = [*(sentence[0][0] for sentence in sentences), len(text)]
    for number, (sentence, (start, end)) in enumerate(zip(sentences, pairwise(bounds), strict=True), 1):
        lines = [f"#Text={_IN_TEXT.sub(_escaped_text, line)}" for line in text[start:end].split("\n")]
        for place, token in enumerate(sentence, 1):
            for unit, (first, last), cells in _units(f"{number}-{place}", token, marked.get(token)):
                begin, stop = first + bisect_left(wide, first), last + bisect_left(wide, last)
                lines.append(f"{unit}\t{begin}-{stop}\t{text[first:last]}\t{cells}")
        yield ("\n" + "\n".join(lines) + "\n").encode()


def _marked(labels: Sequence[Record], tokens: Sequence[Span]) -> dict[Span, dict[Span, list[Cells]]]:
    """For each token the parts of it that labels cover: all of it, or a stretch that becomes a sub-token."""
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    found: dict[Span, dict[Span, list[Cells]]] = {}
    for number, label in enumerate(labels, 1):
        cells = [f"{_value(label.get(key))}[{number}]" for key in FEATURES.values()]
        for start, end in tokens[bisect_right(ends, label["start"]) : bisect_left(starts, label["end"])]:
            part = max(start, label["start"]), min(end, label["end"])
            found.setdefault((start, end), {}).setdefault(part, []).append(cells)
    return found


def _units(number: str, token: Span, parts: dict[Span, list[Cells]] | None) -> Iterator[tuple[str, Span, str]]:
    """The token, then its sub-tokens from left to right, each with the rest of its line."""
    if not parts:
        yield number, token, _NONE
        return
    yield number, token, _stacked(parts.get(token))
    for place, part in enumerate(sorted(parts.keys() - {token}), 1):
        yield f"{number}.{place}", part, _stacked(parts[part])


def _stacked(cells: list[Cells] | None) -> str:
    return "".join("|".join(column) + "\t" for column in zip(*cells, strict=True)) if cells else _NONE


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    words = " ".join(value) if isinstance(value, list | tuple) else canonical(value or "")
    return _IN_VALUE.sub(lambda m: _NAMED.get(m[0]) or f"\\{m[0]}", words) or "*"


def _escaped_text(found: re.Match[str]) -> str:
    return _NAMED.get(found[0]) or f"\\{found[0]}"


FORMAT = Format(
    "webanno",
    "webanno.zip",
    "application/zip",
    "Line breaks before an article's first word are spaces; of a label's fields there are no origin, speaker_origin, "
    "revision, created_at and updated_at.",
    files=write,
)
