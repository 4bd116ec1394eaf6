"""Who may be signed in as: a fixed cast, and whoever stands in the state folder's directory of people."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

CAST = Path(__file__).with_name("cast.json")
DIRECTORY = "personas.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    sub: str
    name: str
    email: str
    about: str = ""
    email_verified: bool = True

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word, in lower case, is part of something that is known of the person."""
        known = f"{self.name} {self.email} {self.about} {self.sub}".lower()
        return all(word in known for word in words)


def read(path: Path) -> list[Persona]:
    return [Persona(**entry) for entry in json.loads(path.read_text())]


def write_directory(state: Path, personas: Iterable[Persona]) -> None:
    """Put these people beside the cast; a running provider sees them at its next request."""
    path = state / DIRECTORY
    state.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(persona) for persona in personas], ensure_ascii=False, indent=1))
    fresh.replace(path)


class People:
    """The cast, then the directory as it stands, whose entries replace the cast's of the same `sub`."""

    def __init__(self, state: Path) -> None:
        self._directory = state / DIRECTORY
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, Persona] = {}
        self._cast = read(CAST)

    def find(self, sub: str) -> Persona | None:
        return self._current().get(sub)

    def search(self, text: str) -> list[Persona]:
        words = text.lower().split()
        return [persona for persona in self._current().values() if persona.matches(words)]

    def _current(self) -> dict[str, Persona]:
        state = self._state()
        if not self._known or state != self._seen:
            added = read(self._directory) if state else []
            self._known = {persona.sub: persona for persona in (*self._cast, *added)}
            self._seen = state
        return self._known

    def _state(self) -> tuple[int, int] | None:
        try:
            status = self._directory.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino
