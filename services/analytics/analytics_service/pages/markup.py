"""Elements of HTML and SVG; whatever stands inside is escaped, so that no name can become markup. Pure."""

from html import escape

VOID = frozenset({"meta", "br", "link", "hr"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | float | None


def tag(name: str, /, *children: Child, **attributes: Child) -> Markup:
    """An element. `class_` stands for class, `_` in other names for `-`; an attribute that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{inside(*children)}</{name}>")


def inside(*children: Child) -> Markup:
    """Markup as it is, everything else escaped."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(str(child)) for child in children if child is not None)
    )
