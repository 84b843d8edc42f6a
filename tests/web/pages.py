"""What a page says: its words without the tags, and its table rows."""

import re
from html import unescape

from werkzeug.test import TestResponse


def words(markup: str) -> str:
    """Text as it is read: tags away, entities resolved, spaces run together."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def main(answer: TestResponse) -> str:
    """The page's own part, without the header."""
    found = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert found, answer.text
    return found[0]


def rows(answer: TestResponse) -> list[str]:
    """Every table row of the page, in words."""
    return [words(row) for row in re.findall(r"<tr.*?</tr>", main(answer), re.DOTALL)]


def row(answer: TestResponse, begin: str) -> str:
    """The one row that begins so."""
    (found,) = [row for row in rows(answer) if row.startswith(begin)]
    return found


def notice(answer: TestResponse) -> str:
    """What the page says of the change just made."""
    found = re.findall(r'<p class="done" role="status">(.*?)</p>', answer.text, re.DOTALL)
    return words(" ".join(found))


def why(answer: TestResponse) -> str:
    """What is said in red."""
    return words(" ".join(re.findall(r'<p class="why".*?</p>', answer.text, re.DOTALL)))
