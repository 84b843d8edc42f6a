"""Tables of the fields: which clusters enter, as which units, with which values."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.bundles import NAMES, TEXT, Row, bundle, counted, document, done, files_of, label, labels_of_a_document
from webapp.domain.annotations import FIELDS, UNAIDED
from webapp.domain.clusters import clusters
from webapp.domain.ratings.fields import all_rating_rows, field_ratings, matched, rating_rows
from webapp.domain.ratings.table import Ratings
from webapp.domain.schemes import parse_scheme
from webapp.domain.spans.continua import Unit, spans_of
from webapp.places import place

SCHEME = parse_scheme((place("seeds") / "scheme.toml").read_text())


def tables(files: dict[str, bytes]) -> dict[str, Ratings]:
    return field_ratings(matched(counted(files).compared), SCHEME)


def two_documents(first: list[Row], second: list[Row]) -> dict[str, bytes]:
    labels = [*first, *({**row, "id": f"{row['id']}-2", "document": "d2"} for row in second)]
    assignments = [done(name, document) for name in NAMES for document in ("d1", "d2")]
    return files_of(documents=[document("d2"), document("d1")], labels=labels, assignments=assignments)


@given(labels_of_a_document(8), labels_of_a_document(8), st.sampled_from(["picked", "typed", "carried"]))
def test_as_plain_loops_would_have_it(first: list[Row], second: list[Row], origin: str) -> None:
    second = [{**row, "speaker_origin": origin, "on_target": n % 3 > 0} for n, row in enumerate(second)]
    found = counted(two_documents(first, second))
    numbered = list(enumerate(((d.id, c) for d in found.compared for c in clusters(d.labels)), 1))
    expected = []
    for place_, field in enumerate(FIELDS):
        for number, (id, members) in numbered:
            values = sorted((v.annotator, v.values[place_]) for v in members if v.values[place_])
            if len(values) >= 2:
                expected += [(field, str(number), id, name, value) for name, value in values]
    made = field_ratings(matched(found.compared), SCHEME)
    assert list(all_rating_rows(made)) == expected
    own = {str(n) for n, (_, c) in numbered if all(v.given.speaker_origin in ("picked", "typed") for v in c)}
    speakers = [row[1:] for row in expected if row[0] == "speaker" and row[1] in own]
    assert [row[1:] for row in rating_rows(UNAIDED, made[UNAIDED])] == speakers


def test_counts_are_of_what_is_in_the_table() -> None:
    labels = [label("A", "ana", 0, 9), label("B", "ben", 0, 9, stance="odd"), label("C", "cem", 20, 29)]
    stance = tables(bundle(labels, NAMES))["stance"]
    assert (stance.units, stance.annotators, stance.documents) == (("1",), ("ana", "ben"), ("d1",))
    assert (stance.values, stance.size) == (("neutral", "odd"), 2)
    assert stance.codes.tolist() == [[0, 1]]


def test_what_was_offered() -> None:
    found = tables(bundle([], NAMES))
    assert found["stance"].offered == ("neutral", "pro-copyright", "pro-fair-use")
    assert set(found["claim_type"].offered or ()) == SCHEME.claim_type_ids
    assert found["on_target"].offered == found["ascribed"].offered == ("false", "true")
    assert found["speaker"].offered is found[UNAIDED].offered is None


def test_documents_that_one_person_finished_are_not_compared() -> None:
    files = files_of(documents=[document()], labels=[label("A", "ana", 0, 9)], assignments=[done("ana")])
    assert not matched(counted(files).compared).clusters


def test_a_table_of_no_documents_has_rows_without_them() -> None:
    ratings = Ratings.from_columns(["u", "u"], ["b", "a"], ["x", "y"])
    assert list(rating_rows("value", ratings)) == [("value", "u", "", "a", "y"), ("value", "u", "", "b", "x")]


# ---- spans ----


def test_continua_hold_on_target_labels_and_empty_annotators() -> None:
    labels = [
        label("A", "ana", 20, 30, stance="pro-copyright"),
        label("B", "ana", 0, 12),
        label("C", "ben", 0, 9, on_target=False),
    ]
    (only,) = spans_of(counted(bundle(labels, ["cem", "ben", "ana"], excluded=[[8, 10]])), seed=7).continua
    assert (only.document, only.excluded, only.length) == ("d1", ((8, 10),), len(TEXT) - 2)
    assert dict(only.units) == {
        "ana": (Unit(0, 10, "neutral", 0, 12), Unit(18, 28, "pro-copyright", 20, 30)),
        "ben": (),
        "cem": (),
    }


@given(labels_of_a_document())
def test_no_label_is_lost(labels: list[Row]) -> None:
    (only,) = spans_of(counted(bundle(labels, NAMES))).continua
    assert {name: len(units) for name, units in only.units.items()} == {
        **dict.fromkeys(NAMES, 0),
        **Counter(row["annotator"] for row in labels),
    }
