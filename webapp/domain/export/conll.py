"""CoNLL: a token a line, an empty line behind each sentence, three columns of BIO tags; lines of # tell of the rest.

Columns, with a tab between: number in the sentence, token, start, end (code points), speaker, stance, claim type. A tag
is O, B-value or I-value; the value _ stands for none. A label covers each token that it touches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from webapp.domain.export import Article, Format, Record, Work
from webapp.domain.prose.tokens import Span

FIELDS = ("speaker", "stance", "claim_type")
_OUTSIDE = "\tO" * len(FIELDS)


def write(articles: Iterable[Article]) -> Iterator[bytes]:
    """Article by article, and in it round by round and annotator by annotator."""
    yield f"# columns = number token start end {' '.join(FIELDS)}\n# left out: {FORMAT.leaves_out}\n\n".encode()
    for article in articles:
        if not article.text:
            yield f"# newdoc id = {article.id}\n# left out: its words may not leave\n\n".encode()
        else:
            for work in article.works:
                yield _section(article, work).encode()


def _section(article: Article, work: Work) -> str:
    spans = [span for sentence in article.tokens for span in sentence]
    tags, remarks = _tags(work.labels, spans)
    head = [f"newdoc id = {article.id}", f"round = {work.round}", f"annotator = {work.annotator}", *remarks]
    lines, n = [f"# {words}\n" for words in head], 0
    for sentence in article.tokens:
        for number, (start, end) in enumerate(sentence, 1):
            lines.append(f"{number}\t{article.text[start:end]}\t{start}\t{end}{tags.get(n, _OUTSIDE)}\n")
            n += 1
        lines.append("\n")
    return "".join(lines)


def _tags(labels: Sequence[Record], spans: Sequence[Span]) -> tuple[dict[int, str], list[str]]:
    """The tags of tokens, by their place in the article, and what must be said of labels that do not fit."""
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    tags: dict[int, str] = {}
    remarks = []
    for label in labels:
        first, last = bisect_right(ends, label["start"]), bisect_left(starts, label["end"])
        named = f"{label['id']} {label['start']}-{label['end']}"
        if any(n in tags for n in range(first, last)):
            remarks.append(f"left out, it overlaps another: {named}")
            continue
        if (starts[first], ends[last - 1]) != (label["start"], label["end"]):
            remarks.append(f"widened to whole tokens: {named}")
        for n in range(first, last):
            tags[n] = "".join(f"\t{'I' if n > first else 'B'}-{label[field] or '_'}" for field in FIELDS)
    return tags, remarks


FORMAT = Format(
    "conll",
    "conll",
    "text/plain; charset=utf-8",
    "Of labels that share a token only the first and longest is there; a label is widened to whole tokens, and goes on "
    "with I- in the next sentence; of its fields there are speaker, stance and claim type.",
    stream=write,
)
