"""A template is checked when it is saved: names from a list, headers that are safe, colours that can be read."""

import re
from contextlib import suppress

import pytest

from notifications_service.branding import patterns
from notifications_service.branding.model import Template, TemplateFaults, check, contrast, filled


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (Template(before="Dear {{ nam }}"), "before: there is no {{nam}} here; known: {{name}}, {{event}}"),
        (Template(banner="{{name}}"), "banner: there is no {{name}} here; known: {{network}}"),
        (Template(sender_name="{{network}}"), "sender_name: there is no {{network}} here; known: none"),
        (Template(before="{{ name.__class__ }}"), "before: {{ stands for itself only as {{name}}; known: "),
        (Template(before="{{'a' * 10**9}}"), "before: {{ stands for itself only as {{name}}"),
        (Template(after="{% for x in y %}"), "after: {% stands for itself only as {{name}}"),
        (Template(after="{# no #}"), "after: {# stands for itself only as {{name}}"),
        (Template(before="{{{{name}}}}"), "before: {{ stands for itself only as {{name}}"),
        (Template(subject_prefix="Hello\r\nBcc: all@example.org"), "subject_prefix: it holds the character U+000D"),
        (Template(subject_prefix="=?utf-8?q?Hello?="), "subject_prefix: it holds =?"),
        (Template(sender_name="Asha\nPatel"), "sender_name: it holds the character U+000A"),
        (Template(sender_name='"Bank" <bank@evil.example>'), "sender_name: a sender's name holds none of"),
        (Template(banner="a\u202eb"), "banner: it holds the character U+202E"),
        (Template(before="a\u2028b"), "before: it holds the character U+2028"),
        (Template(sender_name="x" * 61), "sender_name: at most 60 characters; these are 61"),
        (Template(before="x" * 1001), "before: at most 1000 characters; these are 1001"),
        (Template(colour="blue"), "colour: expected six hexadecimal digits in small letters, such as #1d2b4f"),
        (Template(colour="#fff;}"), "colour: expected six hexadecimal digits"),
        (Template(text_colour="#000000"), "text_colour: it is of what is written on colour: give both"),
        (Template(colour="#ffeb3b"), "colour: #ffffff on #ffeb3b has a contrast of 1.22:1; at least 4.5:1"),
        (Template(colour="#767676", text_colour="#111111"), "has a contrast of 4.1"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_part(template: Template, words: str) -> None:
    with pytest.raises(TemplateFaults) as refusal:
        check(template)

    assert words in refusal.value.detail


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(TemplateFaults) as refusal:
        check(Template(colour="#ffffff", before="{{x}}", sender_name="a@b"))

    assert [fault["field"] for fault in refusal.value.extra["errors"]] == ["before", "sender_name", "colour"]


@pytest.mark.parametrize(
    "template",
    [
        Template(),
        Template(sender_name="Midlands network", subject_prefix="[{{network}}]", banner="{{ network }} – together"),
        Template(before="Dear {{name}},\n\ncome to {{event}} ({{when}}, {{where}}).", after="Bis bald! Łódź"),
        Template(colour="#005eb8"),
        Template(colour="#ffeb3b", text_colour="#212b32"),
        Template(before="5 { 6 } 7, 100 %"),
    ],
)
def test_what_is_well_is_taken(template: Template) -> None:
    check(template)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.47),
    ],
)
def test_the_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == ratio


def test_what_stands_in_a_value_is_never_filled_again() -> None:
    assert filled("{{event}} by {{network}}", {"event": "{{network}}", "network": "x"}) == "{{network}} by x"


@pytest.mark.parametrize(("part", "pattern"), [("banner", patterns.LINE), ("before", patterns.LINES)])
def test_a_description_takes_the_characters_that_the_rules_take(part: str, pattern: str) -> None:
    characters = [chr(point) for point in (*range(0x3000), *range(0xF900, 0x10000))]
    taken = set()
    for character in characters:
        with suppress(TemplateFaults):
            check(Template(**{part: character}))
            taken.add(character)

    assert {one for one in characters if re.fullmatch(pattern, one)} == taken
