"""Links as they stand in mails: found, opened and posted to as a mail program or a browser would."""

import re

import httpx
from notifications_house import House
from notifications_mail_server import Accepted

HOME = "https://guildhall.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def unsubscribe_path(mail: Accepted) -> str:
    """Path of the mail's List-Unsubscribe."""
    header = str(mail.mail["List-Unsubscribe"])
    found = re.fullmatch(rf"<{HOME}(/api/v1/cells/[a-z]+/unsubscribe/[\w.-]+)>", header)
    assert found is not None, header
    return found[1]


def confirm_path(mail: Accepted) -> str:
    found = re.search(rf"{HOME}(/api/v1/cells/[a-z]+/preferences/confirm/[\w.-]+)", mail.part("plain"))
    assert found is not None
    return found[1]


async def announced(house: House, address: str) -> Accepted:
    """The only mail to this address, once all that is due has gone."""
    await house.announce_all()
    await house.send_all()
    (mail,) = house.mail.to(address)
    return mail


async def press(house: House, path: str, action: str) -> httpx.Response:
    """What the button on the page posts."""
    return await house.http.post(path, data={"action": action})
