"""What a signal promises: typed, tagged field by field, versioned, and owned by its publisher."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Tag(StrEnum):
    """How sensitive a field or column is; exports, erasure and filters derive from it."""

    NONE = "none"
    CONTENT = "content"
    """Public text about an event or a network."""
    PSEUDONYM = "pseudonym"
    """An id that stands for a person."""
    PERSONAL = "personal"
    SPECIAL = "special"
    """Special-category data (UK GDPR, article 9)."""


T = TypeVar("T")
Fact = Annotated[T, Tag.NONE]
Content = Annotated[T, Tag.CONTENT]
Pseudonym = Annotated[T, Tag.PSEUDONYM]
Personal = Annotated[T, Tag.PERSONAL]
Special = Annotated[T, Tag.SPECIAL]

PersonId = Annotated[UUID, Tag.PSEUDONYM]

FACTS = ""
PROFILES = "profiles"
GRANTS = "grants"


def tags(model: type[BaseModel]) -> Iterator[tuple[str, Tag | None]]:
    """Each field's name and tag; None where it has none."""
    for name, field in model.model_fields.items():
        found = [item for item in field.metadata if isinstance(item, Tag)]
        yield name, found[0] if found else None
        for part in _parts(field.annotation):
            for inner, tag in tags(part):
                yield f"{name}.{inner}", tag


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


class Part(BaseModel):
    """A value inside a signal; its fields carry tags too. Unknown fields are ignored, by promise."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        untagged = [name for name, tag in tags(cls) if tag is None]
        if untagged:
            raise TypeError(f"{cls.__name__} has fields without a tag: {', '.join(untagged)}")


class Signal(Part):
    """A fact that a service publishes. Subclasses name their `type` and say what orders them (`key`)."""

    type: ClassVar[str]
    stream: ClassVar[str] = FACTS
    """Which of the publisher's topics in a cell carries it: facts, profiles or grants."""

    version: Fact[int]
    """The subject's, rising by one with every change; the highest seen is the truth."""

    @property
    @abstractmethod
    def key(self) -> str:
        """The id of the row that was locked: signals with one key keep their order."""

    @property
    def subject(self) -> str:
        """The id of what the signal describes."""
        return self.key

    @classmethod
    def service(cls) -> str:
        """The publisher: `membership` of `guildhall.membership.membership-ended.v1`."""
        return cls.type.split(".")[1]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        named = [name for name, tag in tags(cls) if tag in {Tag.PERSONAL, Tag.SPECIAL}]
        if named and cls.stream != PROFILES:
            raise TypeError(f"{cls.__name__} would carry personal data on a fact topic: {', '.join(named)}")


def catalogue(signals: Sequence[type[Signal]]) -> dict[str, type[Signal]]:
    """By type. Raises ValueError where two classes claim one type."""
    found: dict[str, type[Signal]] = {}
    for signal in signals:
        if signal.type in found:
            raise ValueError(f"{signal.type} is claimed twice")
        found[signal.type] = signal
    return found
