"""What may stand in a mail's headers: nothing that could end one, begin another, or be decoded into one."""

import re
from email.header import Header
from email.headerregistry import Address
from email.utils import parseaddr

DANGEROUS = ("\r", "\n", "\0", "=?")
LONGEST_ADDRESS = 254

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_LINE_BREAKS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


class Unmailable(ValueError):
    """The mail must not be sent as it stands; `code` says what is wrong, and nothing of what stood there."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def header_text(text: str) -> str:
    """The text, where it may be the source of a header. Raises Unmailable (`unsafe-header`)."""
    if any(danger in text for danger in DANGEROUS) or _LINE_BREAKS.search(text):
        raise Unmailable("unsafe-header")
    return text


def header_bytes(name: str, text: str) -> bytes:
    """One whole header, encoded and folded. Raises Unmailable."""
    text = header_text(text)
    charset = "us-ascii" if text.isascii() else "utf-8"
    value = Header(text, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")
    return f"{name}: {value}\r\n".encode("ascii")


def mailbox(address: str) -> str:
    """The address, where it is one and reads as nothing else. Raises Unmailable (`bad-address`)."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address) or parseaddr(address) != ("", address):
        raise Unmailable("bad-address")
    try:
        again = Address(addr_spec=address).addr_spec
    except (ValueError, IndexError):
        raise Unmailable("bad-address") from None
    if again != address:
        raise Unmailable("bad-address")
    return address
