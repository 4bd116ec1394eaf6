"""What the mail catcher holds, as anybody who reads those mailboxes would see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from guildhall_local.checker import patience

AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    id: int
    message_id: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    """Names in lower case."""
    received_at: str = ""
    """ISO 8601."""

    @property
    def kind(self) -> str:
        return self.headers.get("x-guildhall-kind", "")

    @property
    def cause(self) -> str:
        return self.headers.get("x-guildhall-cause", "")

    @property
    def ledger_id(self) -> str:
        """The row of the ledger that its Message-ID names, before the chance that nobody else can know."""
        return self.message_id.strip("<>").partition("@")[0].partition(".")[0]

    @property
    def event_id(self) -> str:
        return self.headers.get("x-guildhall-event", "")


async def read_mails(http: httpx.AsyncClient, catcher: str) -> list[Mail]:
    """All of them, in the order of their arrival."""
    found: list[Mail] = []
    after = 0
    while True:
        query = {"after": after, "limit": AT_ONCE}
        page = patience.said(await patience.get(http, f"{catcher}/api/messages", params=query))
        if not page["messages"]:
            return found
        found += [_mail(message) for message in page["messages"]]
        after = page["next"]


def _mail(message: dict[str, Any]) -> Mail:
    return Mail(
        id=message["id"],
        message_id=message["message_id"],
        to=", ".join(message["to"]),
        subject=message["subject"],
        text=message["text"] or "",
        html=message["html"] or "",
        headers={name.lower(): value for name, value in message["headers"]},
        received_at=message["received_at"],
    )
