"""A guide drawn as HTML: Markdown without raw HTML, examples as marks, headings as places to go to. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from webapp.domain.guides import EXAMPLE
from webapp.domain.schemes import Scheme, Stance
from webapp.domain.text import slug

Href = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class DrawnGuide:
    """`contents`: anchor and words of each heading of the second level, in order."""

    title: str
    html: Markup
    contents: list[tuple[str, str]]


def draw(source: str, scheme: Scheme, href: Href) -> DrawnGuide:
    """`href` tells the address of an article by its id, None where it cannot be opened."""
    environment: dict[str, Any] = {"scheme": scheme, "href": href, "title": "Guide", "contents": []}
    html = _MARKDOWN.render(source, environment)
    # raw HTML is off and the rules below escape, so what was rendered is safe
    return DrawnGuide(environment["title"], Markup(html), environment["contents"])  # noqa: S704


# ---- reading ----


def _example(state: StateInline, silent: bool) -> bool:
    """Takes an example as it stands: nothing inside the brackets is Markdown."""
    found = EXAMPLE.match(state.src, state.pos)
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        token = state.push("example", "", 0)
        token.meta = found.groupdict()
    state.pos = found.end()
    return True


def _judge_examples(state: StateCore) -> None:
    """Gives each example the one stance that is named behind it, or before the first one of its paragraph or row."""
    scheme: Scheme = state.env["scheme"]
    for block in _blocks(state.tokens):
        lead, *rest = _split_at_examples(block)
        for example, behind in rest:
            example.meta["stance"] = _one_stance(scheme, behind) or _one_stance(scheme, lead[1])


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The inline tokens of each paragraph; of a table those of each row together."""
    row: list[Token] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield row or []
            row = None
        elif token.type == "inline" and row is None:
            yield token.children or []
        elif token.type == "inline" and row is not None:
            row += token.children or []


def _split_at_examples(tokens: Sequence[Token]) -> list[tuple[Token, str]]:
    """Each example with the words behind it; before the first one stands an empty token with the words before it."""
    parts: list[tuple[Token, str]] = [(Token("", "", 0), "")]
    for token in tokens:
        if token.type == "example":
            parts.append((token, ""))
        else:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]}{token.content or ' '}")
    return parts


def _one_stance(scheme: Scheme, words: str) -> Stance | None:
    named = [stance for stance in scheme.stances if _names(words, stance)]
    return named[0] if len(named) == 1 else None


def _names(words: str, stance: Stance) -> bool:
    either = f"{re.escape(stance.id)}|{re.escape(stance.name)}"
    return re.search(rf"(?<![\w-])(?:{either})(?![\w-])", words) is not None


def _give_places(state: StateCore) -> None:
    """Takes the first title out, gives headings an id and tables a name, and collects the contents."""
    titles = [at for at, token in enumerate(state.tokens) if token.type == "heading_open" and token.tag == "h1"]
    if titles:
        state.env["title"] = _plain(state.tokens[titles[0] + 1])
        del state.tokens[titles[0] : titles[0] + 3]
    heading, taken = state.env["title"], set[str]()
    for at, token in enumerate(state.tokens):
        token.tag = "h2" if token.tag == "h1" else token.tag
        if token.type == "heading_open":
            heading = _plain(state.tokens[at + 1])
            _place(state, token, heading, taken)
        elif token.type == "table_open":
            token.meta = {"name": f"Table, line {(token.map or [0])[0] + 1}: {heading}"}


def _place(state: StateCore, token: Token, words: str, taken: set[str]) -> None:
    anchor = slug(words.lower())
    while anchor in taken:
        anchor += "-"
    taken.add(anchor)
    token.attrSet("id", anchor)
    if token.tag == "h2":
        state.env["contents"].append((anchor, words))


def _plain(inline: Token) -> str:
    """The words of a heading, without what is bold or a link in it."""
    return "".join(token.content or (token.meta or {}).get("words", "") for token in inline.children or [])


# ---- drawing ----


def _draw_example(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    found = tokens[at].meta
    if found["open"]:
        return _bracketed("⟦", Markup('<mark class="plain">{}</mark>').format(found["open"]), "⟧")
    look = _look(found["stance"])
    mark = Markup('<mark class="{}">{}</mark>').format(look, found["words"])
    return _bracketed("⟨", mark, "⟩") + _source(found["article"], env["href"])


def _look(stance: Stance | None) -> str:
    return f"color-{stance.color} mark-{stance.mark} l0 first" if stance else "plain"


def _bracketed(left: str, inside: Markup, right: str) -> str:
    return str(Markup('<span class="br">{}</span>{}<span class="br">{}</span>').format(left, inside, right))


def _source(article: str | None, href: Href) -> str:
    if not article:
        return ""
    address = href(article)
    if address is None:
        return f' <span class="src">({escape(article)})</span>'
    return f' <a class="src" href="{escape(address)}">({escape(article)})</a>'


def _open_table(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    name = escape(tokens[at].meta["name"])
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table class="t">'


def _close_table(_renderer: RendererHTML, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
    return "</table></div>"


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    for bracket in "⟨⟦":
        markdown.inline.add_terminator_char(bracket)
    markdown.inline.ruler.before("emphasis", "example", _example)
    markdown.core.ruler.after("inline", "judge_examples", _judge_examples)
    markdown.core.ruler.after("inline", "give_places", _give_places)
    for kind, rule in (("example", _draw_example), ("table_open", _open_table), ("table_close", _close_table)):
        markdown.add_render_rule(kind, rule)
    return markdown


_MARKDOWN = _markdown()
