"""README.md of a release: a dataset card in Markdown, with the front matter that dataset hubs read."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.domain.release.tally import Tally
from webapp.domain.schemes import Scheme

Rows = Iterable[Sequence[object]]
MOST_SPEAKERS = 20
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_BEYOND = "1M<n<10M"
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}")  # of a licence, as hubs list them
_FIELDS = {
    "stance": "Stance",
    "claim_type": "Claim type",
    "on_target": "On target",
    "ascribed": "Ascribed",
    "speaker_kind": "Kind of speaker",
    "decided_by": "Decided by",
}
_FILES = {
    "gold": "the gold labels: one line for each stretch of words that the labels or an adjudicator settled on",
    "labels": "every annotator’s labels, from which the gold was made",
    "documents": "the articles; offsets everywhere count code points of `text`",
    "speakers": "who the speakers are",
    "decisions": "what adjudicators decided, and their notes",
    "assignments": "who was to label what, and who finished",
    "rounds": "the rounds, with their versions of scheme and guide",
}
# what stands for a null, and what a flag says
_WORDS = {"": "none (off target)", "true": "yes", "false": "no"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the agreement table: what is compared, by which measure, and the reason where there is no value."""

    what: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """All that a card tells. Counts are by file stem; `waiting` and `unfinished` are not 0 only if it is partial."""

    slug: str
    title: str
    number: int
    day: str
    note: str
    partial: bool
    rounds: Sequence[Mapping[str, Any]]
    scheme: Scheme
    counts: Mapping[str, int]
    tally: Tally
    annotators: int
    figures: Sequence[Figure]
    compared: int  # articles that two or more finished
    waiting: int
    unfinished: int
    languages: Sequence[str]
    text_free: int
    taught: Sequence[str]
    licence: str | None
    software: str

    @property
    def name(self) -> str:
        return f"{self.title}, release {self.number}"


def card(release: Release) -> bytes:
    """The whole file."""
    sections = (_head, _warning, _made, _fields, _agreement, _counts, _limits, _rights, _loading, _citing)
    body = "\n\n".join(part for section in sections for part in section(release))
    return f"{_front_matter(release)}\n{body}\n".encode()


# ---- front matter ----


def _front_matter(release: Release) -> str:
    """YAML, of which JSON strings and lists are a part."""
    entries: dict[str, object] = {"pretty_name": release.name}
    if release.languages:
        entries["language"] = list(release.languages)
    entries |= {
        **_licence(release.licence),
        "task_categories": ["text-classification", "token-classification"],
        "size_categories": [_size(release.counts["gold"])],
        "tags": ["stance", "claim-type", "speaker-attribution", "news"],
    }
    if release.tally.simulated == release.tally.labels > 0:
        entries["annotations_creators"] = ["machine-generated"]
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in entries.items()]
    configs = [_config(name) for name in _FILES if release.counts[name]]
    return "\n".join(["---", *lines, *(["configs:", *configs] if configs else []), "---"])


def _licence(licence: str | None) -> dict[str, object]:
    """Hubs know ids in small letters, and names for all else."""
    if licence is None:
        return {"license": "unknown"}
    return {"license": licence} if _ID.fullmatch(licence) else {"license": "other", "license_name": licence}


def _config(name: str) -> str:
    default = "\n  default: true" if name == "gold" else ""
    return f"- config_name: {name}\n  data_files: {name}.jsonl{default}"


def _size(count: int) -> str:
    return next((size for most, size in _SIZES if count < most), _BEYOND)


# ---- sections ----


def summary(release: Release) -> str:
    """What it is, in a sentence."""
    what = f"{_many(release.counts['gold'], 'gold label')} on {_many(release.counts['documents'], 'article')}"
    return f"{what}, frozen on {release.day} with {release.software}."


def _head(release: Release) -> Iterator[str]:
    yield f"# {_plain(release.name)}"
    yield f"{summary(release)} The question that every label answers to:"
    yield f"> {_plain(release.scheme.question)}"
    if release.note:
        yield _plain(release.note)


def _warning(release: Release) -> Iterator[str]:
    lacks = [
        *([f"{_many(release.waiting, 'passage')} waited for a decision, without gold"] if release.waiting else []),
        *([f"{_many(release.unfinished, 'assignment')} had not been finished"] if release.unfinished else []),
    ]
    if release.partial:
        yield f"**This release is partial.** When it was made, {'; '.join(lacks)}."


def _made(release: Release) -> Iterator[str]:
    yield "## How it was made"
    yield (
        f"{_many(release.annotators, 'annotator')} finished articles in "
        f"{'round' if len(release.rounds) == 1 else 'rounds'} {_listed(r['name'] for r in release.rounds)}. "
        "Stancemark shows nobody another’s labels while a round is open. The guide is `guide.md`, the scheme "
        "`scheme.toml`. Labels of several annotators on the same words form a cluster. Where "
        "they agree well enough the cluster became gold as it is (`decided_by` is `agreement`); where they do not, "
        "an adjudicator decided (`adjudicator`); what one annotator alone was meant to label is kept apart "
        "(`single`). `votes` counts what the labels of a cluster said, field by field."
    )
    yield _table(
        ("round", "state", "scheme", "guide"),
        [(r["name"], r["state"], f"version {r['scheme']}", f"version {r['guide']}") for r in release.rounds],
    )


def _fields(release: Release) -> Iterator[str]:
    yield "## What is in it"
    rows = [(f"`{name}.jsonl`", _number(release.counts[name]), what) for name, what in _FILES.items()]
    yield _table(("file", "lines", "what"), rows)
    yield "A gold label has a stance"
    yield "\n".join(f"- `{one.id}`: {_plain(one.definition)}" for one in release.scheme.stances)
    yield "and a claim type:"
    yield "\n".join(f"- `{one.id}`: {_plain(one.definition)}" for one in release.scheme.claim_types)
    yield (
        "Both are null where `on_target` is false. `ascribed` says that somebody else describes where the speaker "
        "stands. `chain` goes from the article’s voice inwards to the speaker of record. Annotators are pseudonyms, "
        "moments are days, and ids tell nothing of when they were made."
    )


def _agreement(release: Release) -> Iterator[str]:
    yield "## Agreement"
    if not release.compared:
        yield "No article was finished by two annotators or more, so agreement cannot be told."
        return
    yield (
        f"On {_many(release.compared, 'article')} that two annotators or more finished, before adjudication. "
        "`stancemark agreement` on this folder gives these and further measures, γ among them."
    )
    rows = [(one.what, one.measure, *_shown(one)) for one in release.figures]
    yield _table(("agreement on", "measure", "value", "95 % interval"), rows)
    yield (
        "The interval says how far the figure would move with other articles of the same kind and these same "
        "annotators. It does not cover other annotators, and where articles share passages it is too narrow."
    )


def _shown(figure: Figure) -> tuple[str, str]:
    if figure.value is None:
        return "–", figure.reason or ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}", "–"
    return f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}"


def _counts(release: Release) -> Iterator[str]:
    yield "## Gold labels by field"
    for name, title in _FIELDS.items():
        yield _counted(title, release.tally.gold[name])
    speakers = release.tally.speakers
    yield _counted("Speaker", Counter(dict(_most_first(speakers)[:MOST_SPEAKERS])))
    if len(speakers) > MOST_SPEAKERS:
        yield f"And {_many(len(speakers) - MOST_SPEAKERS, 'other speaker')}."


def _counted(title: str, counts: Counter[str]) -> str:
    rows = [(_WORDS.get(value, value), _number(n)) for value, n in _most_first(counts)]
    return _table((title, "labels"), rows)


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _limits(release: Release) -> Iterator[str]:
    yield "## Known limits"
    yield "\n".join(f"- {words}" for words in _known_limits(release))


def _known_limits(release: Release) -> Iterator[str]:
    tally = release.tally
    if tally.simulated:
        of = "All" if tally.simulated == tally.labels else f"{_number(tally.simulated)} of {_number(tally.labels)}"
        yield (
            f"**{of} labels are simulated** (`origin` is `simulated`): no person made them, and no figure here says "
            "anything of people or articles."
        )
    if tally.origins["imported"]:
        yield f"{_many(tally.origins['imported'], 'label')} came from elsewhere (`origin` is `imported`)."
    if release.taught:
        yield (
            f"The guide takes examples from {_many(len(release.taught), 'article')} of this very dataset "
            f"({_listed(release.taught[:10])}{', …' if len(release.taught) > 10 else ''}): whoever read it had "
            "answers before labelling them."
        )
    if unfinished := tally.states["open"]:
        yield f"{_many(unfinished, 'label')} of unfinished work stand in `labels.jsonl` (`state` is `open`), no gold."
    if withdrawn := tally.states["withdrawn"]:
        yield f"{_many(withdrawn, 'label')} of withdrawn work stand there too (`state` is `withdrawn`), no gold."
    if single := tally.gold["decided_by"]["single"]:
        yield f"{_many(single, 'gold label')} rest on one annotator by plan (`decided_by` is `single`)."
    yield "Gold is what annotators agreed on or an adjudicator decided under this guide; another one gives other gold."


def _rights(release: Release) -> Iterator[str]:
    yield "## Rights and licence"
    yield (
        "The rights in the articles are their publishers’ and authors’; `url` and `outlet` in `documents.jsonl` say "
        "where they are from, as far as that is known."
    )
    if release.text_free:
        yield (
            f"{_many(release.text_free, 'article')} may not be passed on and left without its words: `text` and "
            "`quote` are empty, offsets and hashes stay. With copies of one’s own, `stancemark rehydrate` puts the "
            "words back and checks every hash."
        )
    if release.licence is None:
        yield "No licence was stated for the labels when this release was made. Ask the project before passing them on."
    else:
        yield f"Licence of the labels: {_plain(release.licence)}. It does not cover the articles’ words."


def _loading(release: Release) -> Iterator[str]:
    yield "## How to load it"
    yield (
        "```python\nimport pandas\n\n"
        'gold = pandas.read_json("gold.jsonl", lines=True, dtype=False)\n\n'
        "from datasets import load_dataset\n\n"
        'gold = load_dataset("json", data_files="gold.jsonl", split="train")\n\n'
        "import mlcroissant\n\n"
        'gold = list(mlcroissant.Dataset("croissant.json").records("gold"))\n```'
    )
    yield (
        "Without `dtype=False` pandas takes an id such as 000 for a number, and so does mlcroissant, which uses it. "
        "`text[start:end]` of an article is the `quote` of its labels. `stancemark import labels` takes the folder "
        "back; `manifest.json` has a checksum of every file."
    )


def citation(release: Release) -> str:
    """For BibTeX."""
    title = release.name.translate(str.maketrans("{}\\`", "()/’"))
    note = f"Dataset, release {release.number} of {release.day}; {summary(release).partition(', frozen')[0]}"
    return (
        f"@misc{{{release.slug}-{release.number},\n  title = {{{title}}},\n  year = {{{release.day[:4]}}},\n"
        f"  note = {{{note}}}\n}}"
    )


def _citing(release: Release) -> Iterator[str]:
    yield "## How to cite it"
    yield f"```bibtex\n{citation(release)}\n```"
    yield "Its authors are those who made the project; this file names nobody."


# ---- Markdown ----


def _plain(words: str) -> str:
    """Words of others as one line that Markdown leaves alone."""
    line = " ".join(words.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in line)


def _table(heads: Sequence[str], rows: Rows) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def _many(number: int, word: str) -> str:
    return f"{_number(number)} {word}{'' if number == 1 else 's'}"


def _number(number: int) -> str:
    return f"{number:,}"


def _listed(words: Iterable[str]) -> str:
    *first, last = map(str, words)
    return f"{', '.join(first)} and {last}" if first else last
