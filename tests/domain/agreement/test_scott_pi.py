"""Scott π by pairs: published tables, nltk for two annotators."""

import pytest
from nltk.metrics.agreement import AnnotationTask

from tests.domain.agreement.tables import PATIENTS, STATEMENTS, ZWICK, estimate


def test_published_tables() -> None:
    assert estimate("scott_pi", STATEMENTS).value == pytest.approx(0.341, abs=5e-4)  # Artstein, Poesio 2008
    assert estimate("scott_pi", ZWICK).value == pytest.approx(0.444, abs=5e-4)  # Zwick 1988


def test_nltk_agrees_on_each_pair() -> None:
    pairs = estimate("scott_pi", PATIENTS).pairs or ()
    for pair in pairs:
        rows = [(name, unit, value) for unit, name, value in PATIENTS if name in (pair.a, pair.b)]
        assert pair.value == pytest.approx(AnnotationTask(rows).pi(), abs=1e-9)
    assert len(pairs) == 15
    assert estimate("scott_pi", PATIENTS).value == pytest.approx(sum(pair.value or 0 for pair in pairs) / 15)
