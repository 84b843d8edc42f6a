"""Guides: the one a project starts with when it brings its own scheme, and how a guide writes its examples."""

import re

from webapp.domain.schemes import Scheme

# ⟨words of an article⟩ (its id): an example, letter by letter; ⟦words⟧ are still to be judged
EXAMPLE = re.compile(r"⟨(?P<words>[^⟨⟩]+)⟩(?: \((?P<article>[A-Za-z0-9][A-Za-z0-9._-]{0,63})\))?|⟦(?P<open>[^⟦⟧]+)⟧")


def mentioned_articles(guide: str) -> set[str]:
    """Ids that stand behind examples; whether there are such articles is not known here."""
    return {found["article"] for found in EXAMPLE.finditer(guide) if found["article"]}


def starter_guide(scheme: Scheme) -> str:
    """Markdown that says what the scheme says: the question, and each stance, claim type and flag as defined."""
    parts = [f"# {scheme.name}", f"> {scheme.question}", "## Stances"]
    parts += [f"**{s.name}** (key {s.key.upper()}): {s.definition}" for s in scheme.stances]
    parts += ["## Claim types", "The first yes wins."]
    for c in scheme.claim_types:
        parts.append(f"**{c.name}** (key {c.key.upper()}): " + f"{c.question} {c.definition}".strip())
    if scheme.flags:
        parts += ["## Switches", *(f"**{f.name}** (key {f.key.upper()}): {f.definition}" for f in scheme.flags)]
    return "\n\n".join(parts) + "\n"
