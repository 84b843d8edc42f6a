"""The guide that a project starts with when it brings a scheme of its own."""

from webapp.domain.schemes import Scheme


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
