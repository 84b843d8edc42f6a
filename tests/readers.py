"""Readers of other programs' formats, written from their specifications and not from our writers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass
class Marked:
    """A stretch of a text with what is said of it. Offsets as the format counts."""

    start: int
    end: int
    said: dict[str, str | None] = field(default_factory=dict)


# ---- brat standoff: https://brat.nlplab.org/standoff.html ----


def read_brat(text: str, annotations: str) -> list[Marked]:
    """The text-bound annotations of an .ann file with their attributes and notes, each checked against the text."""
    found: dict[str, Marked] = {}
    ids = set()
    assert annotations == "" or annotations.endswith("\n")
    for line in annotations.split("\n")[:-1]:
        id, data, *tail = line.split("\t", 2)
        assert id not in ids
        ids.add(id)
        if id.startswith("T"):
            found[id] = _text_bound(text, data, *tail)
        elif id.startswith("A"):
            assert re.fullmatch(r"A[0-9]+", id) and not tail
            name, target, *value = data.split(" ")
            found[target].said[name] = value[0] if value else None
        else:
            assert re.fullmatch(r"#[0-9]+", id)
            kind, target = data.split(" ")
            found[target].said[kind] = tail[0]
    return list(found.values())


def _text_bound(text: str, data: str, shown: str) -> Marked:
    kind, places = data.split(" ", 1)
    spans = [tuple(map(int, place.split(" "))) for place in places.split(";")]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    assert " ".join(text[start:end] for start, end in spans) == shown
    return Marked(spans[0][0], spans[-1][1], {"type": kind})


# ---- WebAnno TSV 3.3: the user guide of WebAnno and INCEpTION, appendix on the format ----


def read_webanno(content: str) -> tuple[str, list[Marked], list[tuple[int, int]]]:
    """The text as the format lets it be rebuilt, its span annotations, and its tokens; in code points."""
    head, _, body = content.partition("\n\n\n")
    first, layer = head.split("\n")
    assert first == "#FORMAT=WebAnno TSV 3.3" and layer.startswith("#T_SP=")
    features = layer.removeprefix("#T_SP=").split("|")[1:]
    text = ""  # of UTF-16 code units, two bytes each
    found: dict[str, Marked] = {}
    tokens = []
    for block in re.split(r"\n\n(?=#Text=)", body.removesuffix("\n")):
        lines = block.split("\n")
        said = [line.removeprefix("#Text=") for line in lines if line.startswith("#Text=")]
        rows = [line.split("\t") for line in lines if not line.startswith("#Text=")]
        begin = int(rows[0][1].split("-")[0])
        text = text[:begin].ljust(begin)  # the line end after a sentence goes where the next one follows at once
        text += "".join(_units(_unescaped(line, "tnfrb")) + "\n" for line in said)
        for number, place, words, *cells in rows:
            start, end = map(int, place.split("-"))
            assert text[start:end] == _units(words)
            if "." not in number:
                tokens.append((start, end))
            _take(found, features, (start, end), cells)
    return (
        _points(text),
        [_in_points(text, marked) for marked in found.values()],
        [(_count(text, start), _count(text, end)) for start, end in tokens],
    )


def _take(found: dict[str, Marked], features: list[str], place: tuple[int, int], cells: list[str]) -> None:
    for feature, cell in zip(features, cells, strict=False):
        if cell == "_":
            continue
        for value in re.split(r"(?<!\\)\|", cell):
            match = re.fullmatch(r"(.*)\[(\d+)\]", value, re.DOTALL)
            assert match
            marked = found.setdefault(match[2], Marked(*place))
            marked.end = max(marked.end, place[1])
            marked.said[feature] = None if match[1] == "*" else _unescaped(match[1], "tn")


def _unescaped(words: str, letters: str) -> str:
    named = dict(zip("tnfrb", "\t\n\f\r\b", strict=True))
    return re.sub(r"\\(->|.)", lambda m: named[m[1]] if m[1] in letters else m[1], words, flags=re.DOTALL)


def _units(words: str) -> str:
    """One character for each UTF-16 code unit."""
    raw = words.encode("utf-16-le")
    return "".join(chr(raw[n] + 256 * raw[n + 1]) for n in range(0, len(raw), 2))


def _points(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _count(units: str, offset: int) -> int:
    return len(_points(units[:offset]))


def _in_points(units: str, marked: Marked) -> Marked:
    return Marked(_count(units, marked.start), _count(units, marked.end), marked.said)


# ---- CoNLL: a token a line, empty lines between sentences, # before remarks ----


def read_conll(content: str) -> Iterator[tuple[dict[str, str], list[str], list[list[list[str]]]]]:
    """Of each section: what its remarks say by key, the remarks, and its sentences of rows."""
    for section in re.split(r"(?<=\n)\n(?=# newdoc)", content)[1:]:
        remarks = re.findall(r"^# (.*)$", section, re.MULTILINE)
        blocks = [block.split("\n") for block in section.rstrip("\n").split("\n\n")]
        rows = [[line.split("\t") for line in block if not line.startswith("# ")] for block in blocks]
        yield dict(r.split(" = ", 1) for r in remarks if " = " in r), remarks, [block for block in rows if block]
