"""The agreement report as it is drawn, on its page and in its self-contained file: figures in, words and places out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import floor
from typing import Any

from webapp.domain.reporting import wording
from webapp.domain.reporting.rows import CAVEAT, report_csv
from webapp.domain.schemes import Scheme

FIELDS = {
    "speaker": "Speaker",
    "stance": "Stance",
    "claim_type": "Claim type",
    "on_target": "On target",
    "ascribed": "Ascribed",
}
LEAD = "krippendorff_alpha"
_DIFFERS = {"span": "which words", "marked": "whether to mark them"}
MOST_ROWS = 20  # of lists that a project may have a thousand of
_LEFT, _WIDTH = 8.0, 544.0  # of the scale inside the drawing of an interval, 560 units wide
_STEPS = 4  # of a heat map's colour

Address = Callable[[str, str, str], str]  # of the labels behind a cell: field and two values


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the labels behind a cell, of an article's, and of all."""

    cell: Address
    article: Callable[[str], str]
    all_passages: str


@dataclass(frozen=True, slots=True)
class Names:
    """How stored values are called: `values` by field and value, people by pseudonym, articles by id."""

    values: Mapping[str, Mapping[str, str]]
    people: Mapping[str, str]
    documents: Mapping[str, str]

    def value(self, field: str, value: str) -> str:
        return self.values.get(field, {}).get(value, value)

    def person(self, name: str) -> str:
        return self.people.get(name, name)

    def document(self, id: str) -> str:
        return self.documents.get(id, id)


def names_of(
    scheme: Scheme, speakers: Mapping[str, str], people: Mapping[str, str], documents: Mapping[str, str]
) -> Names:
    values = {
        "speaker": {id.casefold(): name for id, name in speakers.items()},
        "stance": {one.id: one.name for one in scheme.stances},
        "claim_type": {one.id: one.name for one in scheme.claim_types},
        "on_target": {"true": "on target", "false": "off target"},
        "ascribed": {"true": "ascribed", "false": "own words"},
    }
    return Names(values, people, documents)


def number(value: float | None) -> str:
    """As sentences say it; a dash for None."""
    return "–" if value is None else wording.number(value)


def interval(measured: Mapping[str, Any]) -> str:
    low, high = measured["low"], measured["high"]
    return "–" if low is None else f"{number(low)} to {number(high)}"


# ---- intervals ----


@dataclass(frozen=True, slots=True)
class Scale:
    """From `fifths` fifths, 0 or below, up to 1, as x inside the drawing."""

    fifths: int

    def x(self, value: float) -> float:
        lowest = self.fifths / 5
        return round(_LEFT + _WIDTH * (value - lowest) / (1 - lowest), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        return [(self.x(fifth / 5), f"{fifth / 5:.1f}".replace("-", "−")) for fifth in range(self.fifths, 6)]


@dataclass(frozen=True, slots=True)
class Row:
    """One measure with its interval. `places`: x of value, low and high, None where there is none."""

    title: str
    measure: str  # the key of its definition
    value: str
    interval: str
    units: str
    reason: str  # of a missing value or interval, else ""
    places: tuple[float | None, float | None, float | None]


def row(title: str, measure: str, measured: Mapping[str, Any], scale: Scale, units: str = "") -> Row:
    found = (measured["value"], measured["low"], measured["high"])
    places = tuple(None if one is None else scale.x(one) for one in found)
    reason = measured["reason"] or measured["interval_reason"] or ""
    return Row(title, measure, number(found[0]), interval(measured), units, reason, places)  # type: ignore[arg-type]


def scale_for(measured: Sequence[Mapping[str, Any]]) -> Scale:
    found = [one[key] for one in measured for key in ("value", "low") if one[key] is not None]
    return Scale(floor(5 * min(found, default=0.0)) if min(found, default=0.0) < 0 else 0)


def stages(figures: Mapping[str, Any]) -> tuple[Scale, list[Row]]:
    """First whether the same words were marked, then on matched spans each field, by α."""
    spans, fields = figures["spans"]["alpha_u"], figures["fields"]
    alphas = {name: fields[name]["measures"]["krippendorff_alpha"] for name in FIELDS}
    scale = scale_for([spans, *alphas.values()])
    rows = [row("The same words marked", "alpha_u", spans, scale, f"{figures['labels']:,} labels")]
    for name, alpha in alphas.items():
        rows.append(row(FIELDS[name], "krippendorff_alpha", alpha, scale, f"{fields[name]['units']:,} spans"))
    return scale, rows


def all_figures(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every measure: for the spans, then for each field, and for speakers that no proposal suggested."""
    figures, measures = body["figures"], body["measures"]
    tables = [("Spans", figures["spans"], measures["spans"])]
    for name, title in FIELDS.items():
        tables.append((title, figures["fields"][name]["measures"], measures["ratings"]))
        if name == "speaker":
            unaided = figures["fields"]["speaker"]["unaided"]["measures"]
            tables.append(("Speaker, chosen without a proposal", unaided, measures["ratings"]))
    return [
        {"title": title, "rows": [row(m["title"], m["name"], found[m["name"]], Scale(-5)) for m in listed]}
        for title, found, listed in tables
    ]


# ---- heat maps ----


@dataclass(frozen=True, slots=True)
class Cell:
    """`step` 0 to 4 of the colour; `address` of the labels behind it, where there are any."""

    shown: str
    step: int
    is_off: bool
    address: str | None = None


def heat(confusion: Mapping[str, Any], field: str, names: Names, address: Address | None) -> dict[str, Any]:
    """A confusion matrix as rows of cells: darker is more, on the diagonal and off it each by itself."""
    values, counts = confusion["values"], confusion["counts"]
    places = range(len(values))
    most = max((counts[i][i] for i in places), default=0)
    most_off = max((counts[i][j] for i in places for j in places if i != j), default=0)

    def cell(i: int, j: int) -> Cell:
        count = counts[i][j]
        is_rest = "rest" in confusion and max(i, j) == len(values) - 1  # many speakers in one row
        there = address(field, values[i], values[j]) if address and count and not is_rest else None
        return Cell(f"{count:,}", _step(count, most_off if i != j else most), i != j, there)

    shown = [names.value(field, value) for value in values]
    return {"values": shown, "rows": [(shown[i], [cell(i, j) for j in places]) for i in places]}


def pair_heat(insight: Mapping[str, Any], field: str, names: Names) -> dict[str, Any]:
    """Annotators × annotators: κ of each pair, a dash where there is none."""
    people = [one["annotator"] for one in insight["annotators"]]
    found = {(p["a"], p["b"]): p for p in insight["pairs"]}

    def cell(a: str, b: str) -> Cell:
        pair = found.get((min(a, b), max(a, b)))
        kappa = pair["fields"][field]["kappa"] if pair and a != b else None
        shown = number(kappa) + ("*" if pair and kappa is not None and pair["thin"] else "")
        return Cell(shown, 0 if kappa is None else max(1, round(_STEPS * kappa)), is_off=False)

    shown = [names.person(one) for one in people]
    return {"values": shown, "rows": [(names.person(a), [cell(a, b) for b in people]) for a in people]}


def _step(count: int, most: int) -> int:
    return 0 if not count else 1 + min(_STEPS - 1, (_STEPS * count - 1) // max(most, 1))


# ---- the whole ----


def counts_sentence(figures: Mapping[str, Any]) -> str:
    people, articles, labels = figures["annotators"], figures["compared_documents"], figures["labels"]
    return (
        f"{people} annotators, {articles:,} {'article' if articles == 1 else 'articles'} finished by two or more, "
        f"{labels:,} labels. Krippendorff’s alpha leads."
    )


def articles(insight: Mapping[str, Any], names: Names, address: Callable[[str], str] | None) -> list[dict[str, Any]]:
    return [
        {
            "title": names.document(one["document"]),
            "address": address(one["document"]) if address else None,
            "clusters": one["clusters"],
            "differences": one["differences"],
            "stance": number(one["alpha"]["stance"]),
            "claim_type": number(one["alpha"]["claim_type"]),
            "weakest": FIELDS.get(one["weakest"] or "", "–"),
        }
        for one in insight["documents"][:MOST_ROWS]
        if one["differences"]
    ]


_LONGEST_QUOTE = 140


def passage(cluster: Mapping[str, Any], words: str, names: Names, address: str | None) -> dict[str, Any]:
    """A cluster in one row: its words, what its labels differ in, its article."""
    short = words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE].rpartition(" ")[0] + " …"
    differs = ", ".join(_DIFFERS.get(what, FIELDS.get(what, what)).lower() for what in cluster["differs"])
    return {
        "words": " ".join(short.split()),
        "differs": differs,
        "article": names.document(cluster["document"]),
        "address": address,
    }


def annotators(insight: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    return [
        {
            "name": names.person(one["annotator"]),
            "labels": f"{one['labels']:,}",
            "alone": f"{one['alone']:,}",
            "figures": [
                number(one[of][name])
                for of in ("kappa_with_others", "alpha_without")
                for name in ("stance", "claim_type")
            ],
        }
        for one in insight["annotators"]
    ]


def merged(insight: Mapping[str, Any], names: Names) -> list[dict[str, str]]:
    return [
        {
            "title": f"{names.value(one['field'], one['a'])} and {names.value(one['field'], one['b'])}",
            "alpha": number(one["alpha"]),
            "change": _signed(one["change"]),
        }
        for one in insight["what_if"]["merged"][:10]
    ]


def _signed(change: float | None) -> str:
    """With its plus; a change too small to be seen has no sign."""
    if change is None or not round(change, 2):
        return "–" if change is None else "0.00"
    return ("+" if change > 0 else "") + number(change)


def provenance(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Software, settings, the input's hash, and what was left out, in words."""
    software, settings, ignored = figures["software"], figures["settings"], figures.get("ignored", {})
    left_out = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in ignored.items() if count)
    said = [
        ("Software", f"{software['name']} {software['version']}"),
        ("Settings", ", ".join(f"{name} {value}" for name, value in settings.items() if value is not None)),
        ("Input (SHA-256)", figures["input_sha256"]),
    ]
    return [*said, ("Labels left out", left_out or "none")] if "ignored" in figures else said


def heats(insight: Mapping[str, Any], names: Names, address: Address | None) -> list[dict[str, Any]]:
    """A confusion matrix for each field that anybody was compared on, what is asked most first."""
    made = []
    for field in ("claim_type", "stance", "speaker", "on_target", "ascribed"):
        confusion = insight["confusions"][field]
        if any(map(any, confusion["counts"])):
            sentence = wording.confusion_sentence(confusion, partial(names.value, field))
            head = {"field": field, "title": FIELDS[field], "sentence": sentence}
            made.append(head | heat(confusion, field, names, address))
    return made


def days(insight: Mapping[str, Any]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in ("stance", "claim_type"):
        for one in insight["over_time"][name]:
            shown = found.setdefault(one["day"], {"day": one["day"], "clusters": "", "stance": "–", "claim_type": "–"})
            shown["clusters"] = shown["clusters"] or f"{one['clusters']:,}"
            shown[name] = number(one["alpha"])
    return [found[day] for day in sorted(found)]


def without(figures: Mapping[str, Any], insight: Mapping[str, Any], names: Names) -> list[dict[str, str]]:
    """The articles that move a figure most when they are left out."""
    fields = ("stance", "claim_type")
    whole = {name: figures["fields"][name]["measures"]["krippendorff_alpha"]["value"] for name in fields}

    def moved(one: Mapping[str, Any]) -> float:
        alphas = ((one["alpha"][name], whole[name]) for name in fields)
        return max((abs(alpha - value) for alpha, value in alphas if None not in (alpha, value)), default=0.0)

    rows = sorted(insight["what_if"]["without_document"], key=moved, reverse=True)[:10]
    return [
        {"title": names.document(one["document"])} | {name: number(one["alpha"][name]) for name in fields}
        for one in rows
    ]


def view(
    body: Mapping[str, Any],
    names: Names,
    notices: Sequence[str] = (),
    passages: Sequence[Mapping[str, Any]] = (),
    links: Links | None = None,
) -> dict[str, Any]:
    """All that the report's template draws; a file has no links. `passages`: the hardest, as `passage` makes them."""
    cell, article = (links.cell, links.article) if links else (None, None)
    figures, insight = body["figures"], body["insight"]
    scale, rows = stages(figures)
    listed = articles(insight, names, article)
    return {
        "counts": counts_sentence(figures),
        "notices": notices,
        "scale": scale,
        "stages": rows,
        "caveat": CAVEAT,
        "heats": heats(insight, names, cell),
        "has_links": links is not None,
        "passages": passages,
        "all_passages": links.all_passages if links else None,
        "matching_sentence": wording.matching_sentence(insight["matching"]),
        "pair_heats": [(FIELDS[name], pair_heat(insight, name, names)) for name in ("stance", "claim_type")],
        "annotators": annotators(insight, names),
        "articles": listed,
        "articles_left": sum(bool(one["differences"]) for one in insight["documents"]) - len(listed),
        "merged": merged(insight, names),
        "without": without(figures, insight, names),
        "days": days(insight),
        "tables": all_figures(body),
        "definitions": [*body["measures"]["spans"], *body["measures"]["ratings"]],
        "provenance": provenance(figures),
    } | said(figures, insight, names)


def table_view(figures: Mapping[str, Any], measures: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the report of a table of anybody's ratings draws."""
    found = figures["measures"]
    scale = scale_for(list(found.values()))
    return {
        "counts": f"{figures['annotators']} annotators, {figures['units']:,} units, {figures['ratings']:,} ratings.",
        "sentence": "No figure is called good or poor here: what is enough depends on what the ratings are for.",
        "rows": [row(one["title"], one["name"], found[one["name"]], scale) for one in measures],
        "scale": scale,
        "caveat": CAVEAT,
        "definitions": measures,
        "provenance": provenance(figures),
    }


def said(figures: Mapping[str, Any], insight: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The sentences."""
    measures = {name: figures["fields"][name]["measures"] for name in FIELDS}
    return {
        "stage_sentence": wording.stage_sentence(wording.stages(figures)),
        "sentences": [
            (title, wording.field_sentence(name, measures[name]["percent_agreement"], measures[name][LEAD]))
            for name, title in FIELDS.items()
        ],
        "merge_sentence": wording.merge_sentence(insight["what_if"]["merged"], names.value),
        "drift_sentences": [
            wording.drift_sentence(name, insight["over_time"][name]) for name in ("stance", "claim_type")
        ],
    }


def csv_of(figures: Mapping[str, Any]) -> str:
    """The figures as the file that `stancemark agreement --csv` prints."""
    return "".join(report_csv(figures))
