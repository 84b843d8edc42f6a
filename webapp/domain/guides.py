"""The guide that a project starts with when it brings a scheme of its own."""

from webapp.domain.schemes import Scheme


def starter_guide(scheme: Scheme) -> str:
    """Markdown that says what the scheme says: the question, then each stance, claim type and flag with its definition."""
    parts = [f"# {scheme.name}", f"> {scheme.question}", "## Stances"]
    parts += [f"**{s.name}** (key {s.key.upper()}): {s.definition}" for s in scheme.stances]
    parts += ["## Claim types", "The first yes wins."]
    parts += [
        f"**{c.name}** (key {c.key.upper()}): {c.question} {c.definition}".replace(":  ", ": ")
        for c in scheme.claim_types
    ]
    if scheme.flags:
        parts += ["## Switches", *(f"**{f.name}** (key {f.key.upper()}): {f.definition}" for f in scheme.flags)]
    return "\n\n".join(parts) + "\n"
