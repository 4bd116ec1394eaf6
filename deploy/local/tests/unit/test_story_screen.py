"""What stands on the screen when the demo is over, and how a chapter is told."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from guildhall_local.instance import Instance
from guildhall_local.story.cast import NEWCOMER, PARTS, directory, personas, sub_of
from guildhall_local.story.people import people
from guildhall_local.story.show import last_screen
from guildhall_local.story.telling import Teller


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(screen: io.StringIO) -> Console:
    return Console(file=screen, width=120)


def test_the_last_screen_says_where_to_look_and_whom_to_sign_in_as(
    tmp_path: Path, console: Console, screen: io.StringIO
) -> None:
    instance = Instance(state=tmp_path, cache=tmp_path, port_base=9000)

    console.print(last_screen(instance), soft_wrap=True)

    said = screen.getvalue()
    wanted = ["127.0.0.1:9000", "127.0.0.1:9001", "127.0.0.1:9002", "make status", "make down", "make logs"]
    assert [word for word in [*wanted, *personas()] if word not in said] == []


def test_a_chapter_is_a_number_a_title_and_a_line_of_figures(console: Console, screen: io.StringIO) -> None:
    teller = Teller(console)

    with teller.chapter("The race") as chapter, chapter.bar("asking", 2) as bar:
        bar.step()
        bar.reach(2, total=2)
        chapter.result = "2 asked"

    title, figures = screen.getvalue().splitlines()
    assert title == "  1  The race"
    assert figures.startswith("      2 asked ")
    assert figures.endswith(" s")


def test_everybody_of_the_cast_has_one_part() -> None:
    assert sorted(part.sub for part in PARTS) == sorted(personas())


def test_every_member_can_be_signed_in_as() -> None:
    members = people(60)
    known = {persona.sub: persona for persona in directory(members)}

    assert known.keys() - {sub_of(person) for person in members} == {NEWCOMER.sub}
    assert {known[sub_of(person)].email for person in members} == {person.email for person in members}
    assert known.keys().isdisjoint(personas())
