"""What a template's parts may hold, as a description says it: regular expressions of ECMA-262.

What they cannot say (names that are known, contrast, characters above U+FFFF) the rules of `model` say.
"""

from notifications_service.branding.model import COLOUR as _COLOUR
from notifications_service.branding.model import OUTSIDE_A_NAME

_FORMAT = (
    r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
)
"""Format characters and those that break lines, as of Unicode 14."""

LINE = rf"^[^\u0000-\u001f\u007f-\u009f{_FORMAT}]*$"
LINES = rf"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f{_FORMAT}]*$"
SENDER_NAME = rf"^[^{OUTSIDE_A_NAME}\u0000-\u001f\u007f-\u009f{_FORMAT}]*$"
COLOUR = f"^({_COLOUR})?$"
