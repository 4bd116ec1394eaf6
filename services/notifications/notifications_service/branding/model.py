"""The rules of templates: `{{name}}` from a fixed list and nothing else, colours that can be read, safe headers."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from servicekit.problem import Invalid

LEAST_CONTRAST = 4.5
"""WCAG 2.2, level AA, for text of any size."""
TEXT_COLOUR = "#ffffff"

OF_THE_CAUSE = ("event", "network", "when", "where")
OF_THE_PERSON = ("name",)
ALLOWED: Mapping[str, Sequence[str]] = {
    "sender_name": (),
    "banner": ("network",),
    "subject_prefix": ("network",),
    "before": (*OF_THE_PERSON, *OF_THE_CAUSE),
    "after": (*OF_THE_PERSON, *OF_THE_CAUSE),
}
"""Part to the names that may stand in it."""
LONGEST: Mapping[str, int] = {"sender_name": 60, "banner": 80, "subject_prefix": 40, "before": 1000, "after": 1000}
HEADERS = frozenset({"sender_name", "subject_prefix"})
PARAGRAPHS = frozenset({"before", "after"})

_NAME = re.compile(r"\{\{\s*([a-z_]{1,20})\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
COLOUR = "#[0-9a-f]{6}"
OUTSIDE_A_NAME = r"""<>"@,;:\\()\[\]"""
"""Of a class of characters: what a sender's name does not hold."""
_IN_A_NAME = re.compile(f"[{OUTSIDE_A_NAME}]")


class TemplateFaults(Invalid):
    code = "template-faults"
    title = "The template cannot be used as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A network's own parts; an empty one is the house's."""

    sender_name: str = ""
    banner: str = ""
    colour: str = ""
    text_colour: str = ""
    subject_prefix: str = ""
    before: str = ""
    after: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    network_id: UUID
    version: int
    template: Template
    changed_at: datetime


def check(template: Template) -> None:
    """Raise TemplateFaults with every fault, each beside the part that it stands in."""
    faults = [*_text_faults(template), *_colour_faults(template)]
    if faults:
        said = "; ".join(f"{name}: {fault}" for name, fault in faults)
        raise TemplateFaults(said, errors=[{"field": name, "message": fault} for name, fault in faults])


def _text_faults(template: Template) -> Iterator[tuple[str, str]]:
    for part, names in ALLOWED.items():
        text: str = getattr(template, part)
        if len(text) > LONGEST[part]:
            yield part, f"at most {LONGEST[part]} characters; these are {len(text)}"
        if (strange := _strange_character(text, part)) is not None:
            yield part, f"it holds the character U+{ord(strange):04X}, which may not stand there"
        for found in _NAME.finditer(text):
            if found[1] not in names:
                yield part, f"there is no {{{{{found[1]}}}}} here; known: {_known(names)}"
        rest = _NAME.sub("", text)
        if (brace := _BRACES.search(rest)) is not None:
            yield part, f"{brace[0]} stands for itself only as {{{{name}}}}; known: {_known(names)}"
    if _IN_A_NAME.search(template.sender_name):
        yield "sender_name", "a sender's name holds none of < > \" @ , ; : \\ ( ) [ ]"
    for part in sorted(HEADERS):
        if "=?" in getattr(template, part):
            yield part, "it holds =?, which mail programs read as something else"


def _strange_character(text: str, part: str) -> str | None:
    """A control, format or line-breaking character; only paragraphs have lines."""
    for character in text:
        if character == "\n" and part in PARAGRAPHS:
            continue
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            return character
    return None


def _known(names: Sequence[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in names) or "none"


def _colour_faults(template: Template) -> Iterator[tuple[str, str]]:
    well = True
    for part in ("colour", "text_colour"):
        if (colour := getattr(template, part)) and not re.fullmatch(COLOUR, colour):
            well = False
            yield part, "expected six hexadecimal digits in small letters, such as #1d2b4f"
    if template.text_colour and not template.colour:
        yield "text_colour", "it is of what is written on colour: give both"
    elif well and template.colour:
        ratio = contrast(template.colour, template.text_colour or TEXT_COLOUR)
        if ratio < LEAST_CONTRAST:
            on = template.text_colour or TEXT_COLOUR
            yield "colour", f"{on} on {template.colour} has a contrast of {ratio:.2f}:1; at least 4.5:1 can be read"


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21, rounded down so that what is too little never looks enough."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return int((lighter + 0.05) / (darker + 0.05) * 100) / 100


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of names, once: what stands in a value is never looked at again."""
    return _NAME.sub(lambda found: values.get(found[1], ""), text)
