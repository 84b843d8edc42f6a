"""The keys of the annotation and the adjudication page: a table for the dialog that lists them and for the scripts."""

from dataclasses import dataclass

from webapp.domain.schemes import Scheme

_CAPS = {"ArrowRight": "→", "ArrowLeft": "←", "Escape": "Esc"}


@dataclass(frozen=True, slots=True)
class Key:
    """`key` as input.js names it ("j", "Shift+N"), `do` a command and its argument; one without words is not listed."""

    key: str
    do: str
    words: str = ""

    @property
    def caps(self) -> list[str]:
        """What stands on the keys to be pressed together."""
        return [_CAPS.get(cap) or (cap.upper() if len(cap) == 1 else cap) for cap in self.key.split("+")]


@dataclass(frozen=True, slots=True)
class Section:
    """`mode`: on the adjudication page decide, edit (in the form) or both."""

    title: str
    keys: tuple[Key, ...]
    mode: str = ""


_MOVE = (
    Key("j", "next:1", "next sentence, its quotation first"),
    Key("k", "next:-1", "previous sentence"),
    Key("n", "todo:1", "next quotation without a label"),
    Key("Shift+N", "todo:-1", "previous one"),
    Key("]", "label:1", "next label"),
    Key("[", "label:-1", "previous label"),
    Key("Shift+F", "filter", "show only some labels; again: all"),
)
_MARK = (
    Key("q", "widen", "the sentence, the next quotation in it"),
    Key("Shift+J", "grow:1", "take in the next sentence"),
    Key("Shift+K", "grow:-1", "give it back"),
    Key("Shift+ArrowRight", "edge:1", "move the end by a word (with Ctrl: a character)"),
    Key("Shift+ArrowLeft", "edge:-1", "pull it back"),
    Key("Ctrl+Shift+ArrowRight", "edge:1"),
    Key("Ctrl+Shift+ArrowLeft", "edge:-1"),
    Key("g", "grab", "grab the other end"),
    Key("Escape", "close", "close the bar, let go of the label, of the mark"),
)
_DETAIL = (
    Key("r", "confirm", "confirm the proposed speaker"),
    Key("s", "speaker", "choose a speaker: 1–9 or type"),
    Key("w", "chain", "who reports whom"),
    Key("i", "note", "note"),
)
_KEEP = (
    Key("Enter", "open", "open the label, or the bar"),
    Key("Delete", "remove", "delete the label"),
    Key("Backspace", "remove"),
    Key("u", "undo", "undo"),
    Key("Shift+U", "redo", "redo"),
    Key("Ctrl+z", "undo"),
    Key("Ctrl+Shift+Z", "redo"),
    Key("b", "dock", "bar at the foot of the window, or at the words"),
    Key("Shift+Enter", "finish", "finish the article"),
    Key("Shift+G", "guide", "the guide"),
    Key("?", "keys", "this list"),
)


def keymap(scheme: Scheme) -> list[Section]:
    """All keys of the page under `scheme`, as listed. Raises nothing: the scheme was checked against PAGE_KEYS."""
    stances = [Key(part.key, f"stance:{part.id}", part.name) for part in scheme.stances]
    claims = [Key(part.key, f"claim_type:{part.id}", part.name) for part in scheme.claim_types]
    flags = [Key(part.key, f"flag:{part.id}", f"{part.name}, on or off") for part in scheme.flags]
    again = [Key(".", "repeat", "the last label again"), Key("l", "alike", "label every place with the same words")]
    return [
        Section("Move", _MOVE),
        Section("Mark", _MARK),
        Section("Label", (*stances, *claims, *again)),
        Section("Speaker and detail", (*_DETAIL, *flags)),
        Section("Keep", _KEEP),
    ]


_DECIDE = (
    Key("Enter", "accept", "accept the proposal and go on"),
    *(Key(f"{n}", f"take:{n}", "take that annotator's label (1–9) and go on" if n == 1 else "") for n in range(1, 10)),
    Key("0", "reject", "no label"),
    Key("e", "edit", "change fields or words"),
    Key("a", "add", "add a passage that all missed"),
)
_GO = (
    Key("j", "next:1", "next passage"),
    Key("k", "next:-1", "previous passage"),
    Key("Shift+J", "waiting:1", "next one that waits"),
    Key("Shift+K", "waiting:-1", "previous one that waits"),
)
_BOUNDARY = tuple(key for key in _MARK if key.key not in ("Escape", "q", "Shift+J", "Shift+K"))
_ADDED = (
    Key("j", "sentence:1", "next sentence, its quotation first"),
    Key("k", "sentence:-1", "previous sentence"),
    Key("q", "widen", "the sentence, the next quotation in it"),
    Key("Shift+J", "grow:1", "take in the next sentence"),
    Key("Shift+K", "grow:-1", "give it back"),
)
_SETTLE = (
    Key("Enter", "save", "decide so, and go on"),
    Key("Escape", "cancel", "leave it as it was"),
    Key("s", "speaker", "choose a speaker: 1–9 or type"),
    Key("w", "chain", "who reports whom"),
)
_EVER = (
    Key("i", "comment", "comment"),
    Key("n", "names", "show the annotators' names, or hide them"),
    Key("Shift+G", "guide", "the guide"),
    Key("?", "keys", "this list"),
)
_BACK = (
    Key("u", "undo", "take the last decision back"),
    Key("Shift+U", "redo", "decide so again"),
    Key("Ctrl+z", "undo"),
    Key("Ctrl+Shift+Z", "redo"),
    Key("Escape", "cancel"),
)


def adjudication_keymap(scheme: Scheme) -> list[Section]:
    """All keys of the adjudication page; what the label bar has under `scheme` is the same in its form."""
    stances = [Key(part.key, f"stance:{part.id}", part.name) for part in scheme.stances]
    claims = [Key(part.key, f"claim_type:{part.id}", part.name) for part in scheme.claim_types]
    flags = [Key(f.key, f"flag:{f.id}", f"{f.name}, on or off") for f in scheme.flags if f.id != "unsure"]
    return [
        Section("Decide", (*_DECIDE, *_BACK), "decide"),
        Section("Move", _GO, "decide"),
        Section("Words", _BOUNDARY, "both"),
        Section("In the form", (*_SETTLE, *stances, *claims, *flags), "edit"),
        Section("Words of an added passage", _ADDED, "edit"),
        Section("Always", _EVER, "both"),
    ]
