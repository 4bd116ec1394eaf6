"""How a network's mails look and begin."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Content, Fact, Signal


class TemplateChanged(Signal):
    """A network's own parts of the mails of itself and all networks below it; travels on the network's cell.

    Each version is whole. One with nothing in it says that the network goes by what stands above it.
    """

    type: ClassVar[str] = "guildhall.notifications.template-changed.v1"

    network_id: Fact[UUID]
    sender_name: Content[str] = ""
    """Beside the sender's address; empty parts are the house's own."""
    banner: Content[str] = ""
    colour: Content[str] = ""
    """Of the banner and the button, `#rrggbb`."""
    text_colour: Content[str] = ""
    """Of what is written on them."""
    subject_prefix: Content[str] = ""
    before: Content[str] = ""
    """A paragraph, or several, before the facts; plain text with `{{name}}` from a fixed list."""
    after: Content[str] = ""
    changed_at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.network_id)
