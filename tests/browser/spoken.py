"""What a screen reader is given: Chromium's accessibility tree, and what the live region says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# Roles that a person can use: each needs a name.
USED = {"button", "checkbox", "combobox", "dialog", "link", "listbox", "option", "radio", "textbox", "form", "group"}
LISTEN = """() => {
  window.heard = [];
  new MutationObserver(() => {
    const words = document.querySelector("#live").textContent;
    if (words) window.heard.push(words);
  }).observe(document.querySelector("#live"), { childList: true });
}"""


@dataclass(frozen=True)
class Node:
    """A part of the page: `states` has what is told beside role, name and description, `inside` what it lies in."""

    role: str
    name: str
    description: str
    states: dict[str, Any]
    inside: tuple[str, ...]


def tree(page: Page) -> list[Node]:
    """All that is told of the page, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    return list(_walk(nodes, next(iter(nodes.values())), ()))


def _walk(nodes: dict[str, Any], node: dict[str, Any], inside: tuple[str, ...]) -> Iterator[Node]:
    if not node["ignored"]:
        role, name, description = (str(node.get(part, {}).get("value", "")) for part in ("role", "name", "description"))
        states = {part["name"]: part["value"].get("value") for part in node.get("properties", [])}
        yield Node(role, name, description, states, inside)
        inside = (*inside, f"{role} {name}".strip())
    for child in node.get("childIds", []):
        if child in nodes:
            yield from _walk(nodes, nodes[child], inside)


def told(page: Page, role: str, name: str = "") -> list[Node]:
    """The parts of that role whose names hold `name`."""
    return [node for node in tree(page) if node.role == role and name in node.name]


def nameless(page: Page) -> list[Node]:
    return [node for node in tree(page) if node.role in USED and not node.name]


def listen(page: Page) -> None:
    page.evaluate(LISTEN)


def heard(page: Page, words: str) -> list[str]:
    """Wait until the live region says so; all that it has said since this was asked before."""
    page.wait_for_function("words => window.heard.includes(words)", arg=words)
    said: list[str] = page.evaluate("() => window.heard.splice(0)")
    return said
