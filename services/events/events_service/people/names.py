"""How a name is searched: without case, accents, apostrophes and hyphens, so that a steward need not know them."""

import unicodedata

_DROPPED = str.maketrans("", "", "'`\u2018\u2019\u02bc")


def searched_as(text: str) -> str:
    """The words of the text in the form that is compared, separated by single spaces."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    folded = plain.casefold().translate(_DROPPED)
    return " ".join("".join(char if char.isalnum() else " " for char in folded).split())
