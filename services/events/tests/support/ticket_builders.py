"""Tickets and their keys as values, and a scanner that reads the picture as a door's would."""

import re
from uuid import UUID, uuid4
from xml.etree import ElementTree

import zxingcpp

from events_service.tickets.model import Ticket
from events_service.tickets.signing import TicketOffice
from servicekit.web.secrets import Keys

SVG = "{http://www.w3.org/2000/svg}"


def a_ticket(*, registration_id: UUID | None = None, event_id: UUID | None = None, number: int = 1) -> Ticket:
    return Ticket(registration_id=registration_id or uuid4(), event_id=event_id or uuid4(), number=number)


def an_office(*names: str) -> TicketOffice:
    """With a key of each name; the first signs. The same name is the same key."""
    keys = {name: name.encode().ljust(32, b".") for name in names or ("door",)}
    return TicketOffice(Keys(next(iter(keys)), keys))


def scanned(svg: str) -> str:
    """What a scanner reads from the picture."""
    side, pixels = _drawn(svg, scale=4)
    view = memoryview(pixels).cast("B", (side, side))
    found = zxingcpp.read_barcode(view)
    assert found is not None, "nothing to be scanned"
    return str(found.text)


def _drawn(svg: str, *, scale: int) -> tuple[int, bytearray]:
    """Side in pixels, and the grey pixels: the picture's dark strokes, each one module high."""
    root = ElementTree.fromstring(svg)
    light, dark = root.iter(f"{SVG}path")
    modules = int(re.findall(r"h(\d+)", light.attrib["d"])[0])
    pixels = bytearray(b"\xff" * (modules * scale) ** 2)
    x, y = 0, 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", dark.attrib["d"]):
        if command == "h":
            for row in range(int(y) * scale, int(y + 1) * scale):
                start = row * modules * scale + x * scale
                pixels[start : start + int(first) * scale] = bytes(int(first) * scale)
            x += int(first)
        else:
            x, y = (0, 0.0) if command == "M" else (x, y)
            x, y = x + int(first), y + float(second)
    return modules * scale, pixels
