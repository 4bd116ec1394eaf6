"""The colours of pages and charts, with contrast enough to be read by everybody. Pure."""

TEXT = "#212b32"
WHITE = "#ffffff"
BLUE = "#005eb8"
DARK_BLUE = "#003087"
GREY = "#4c6272"
PALE = "#d8dde0"
PAPER = "#f0f4f5"
SHADES = ("#e8f1fa", "#b5d3ee", "#5c9bd1", "#005eb8", "#003087")
"""From least to most."""

ENOUGH = 4.5
"""The contrast that text needs at least (WCAG 2.2, AA)."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours written as #rrggbb, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Dark or white, whichever is easier to read."""
    return max((TEXT, WHITE), key=lambda text: contrast(text, colour))


def shade(share: float) -> str:
    """The colour of a share from 0 to 100."""
    return SHADES[min(len(SHADES) - 1, int(max(0.0, share) * len(SHADES) / 100))]


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
