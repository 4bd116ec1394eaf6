"""Which addresses a webhook may reach: public ones, by name and port as everybody writes them. Pure: no I/O."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from servicekit.problem import Invalid

PORTS = frozenset({443, 8443})
LONGEST = 2000

Address = IPv4Address | IPv6Address

# IANA's registries of special-purpose addresses, and what clouds keep for themselves.
CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
OPEN_V6 = IPv6Network("2000::/3")
"""All that is handed out for use. Mapped and compatible IPv4, NAT64, link-local, unique local lie outside."""
CLOSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""In the upper half of an interface's id: the lower half is an IPv4 address."""

OWN_NAMES = (
    "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "arpa", "onion",
    "test", "invalid", "example",
)  # fmt: skip
"""Ends of names that are never a public server's."""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


class AddressRefused(Invalid):
    code = "address-refused"
    title = "Webhooks are not sent to this address"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and what to ask for there."""

    scheme: str
    host: str
    """A name, or a literal address without brackets."""
    port: int
    path: str
    """With its query."""
    is_for_tests: bool = False
    """Named in WEBHOOK_TEST_TARGETS: reached wherever it is."""

    @property
    def authority(self) -> str:
        """As it stands in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def is_public(address: Address) -> bool:
    """Whether the address is one that anybody on the Internet might have."""
    if isinstance(address, IPv4Address):
        return not any(address in closed for closed in CLOSED_V4)
    if address.scope_id is not None or address not in OPEN_V6 or any(address in closed for closed in CLOSED_V6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in ISATAP


def refuse_unless_public(answers: Iterable[str]) -> list[str]:
    """The addresses that a name stands for, where every one is public. Raises AddressRefused, naming none."""
    found = list(dict.fromkeys(answers))
    if not found:
        raise AddressRefused("The name has no address.")
    for answer in found:
        try:
            public = is_public(ip_address(answer))
        except ValueError:
            public = False
        if not public:
            raise AddressRefused("The name leads to an address that is not public.")
    return found


def target(url: str, *, test_targets: Collection[str] = ()) -> Target:
    """Where a URL leads. Raises AddressRefused with what is wrong with it.

    test_targets: `host:port` of receivers that may be anywhere, and speak plain HTTP.
    """
    _check_characters(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is not a URL that can be read.") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host:
        raise AddressRefused("Give a URL that begins with https:// and names a server.")
    if "@" in parts.netloc:
        raise AddressRefused("A URL must hold no user or password: what is sent is signed instead.")
    if parts.fragment or url.endswith("#"):
        raise AddressRefused("A URL must hold no # part: servers are never sent it.")
    if parts.netloc.endswith(":") or port == 0:
        raise AddressRefused("The port is not one that can be used.")
    port = port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if f"{host}:{port}" in test_targets:
        return Target(parts.scheme, host, port, path, is_for_tests=True)
    if parts.scheme != "https":
        raise AddressRefused("Webhooks are sent by https:// only.")
    if port not in PORTS:
        raise AddressRefused(f"Webhooks are sent to port {' or '.join(map(str, sorted(PORTS)))} only.")
    _check_host(host, bracketed="[" in parts.netloc)
    return Target("https", host, port, path)


def _check_characters(url: str) -> None:
    if len(url) > LONGEST:
        raise AddressRefused(f"A URL may have at most {LONGEST} characters.")
    if not url.isascii():
        raise AddressRefused("Write the URL in ASCII: names of other alphabets begin with xn--, paths use %.")
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise AddressRefused("The URL holds a character that does not belong in one.")


def _check_host(host: str, *, bracketed: bool) -> None:
    if bracketed:
        try:
            public = is_public(ip_address(host))
        except ValueError:
            raise AddressRefused("The address in brackets cannot be read.") from None
        if not public:
            raise AddressRefused("This address is not public.")
        return
    labels = host.split(".")
    if all(_NUMBER.fullmatch(label) for label in labels if label) or _NUMBER.fullmatch(labels[-1]):
        _check_literal(host)
        return
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("The server's name is not one that can be looked up; leave out a dot at its end.")
    if len(labels) < 2 or any(host == name or host.endswith(f".{name}") for name in OWN_NAMES):
        raise AddressRefused("The server's name is not a public one.")


def _check_literal(host: str) -> None:
    """Only four decimal numbers: all other ways to write an IPv4 address serve to hide one."""
    try:
        address = IPv4Address(host)
    except ValueError:
        raise AddressRefused("An IPv4 address is written as four decimal numbers without leading zeros.") from None
    if not is_public(address):
        raise AddressRefused("This address is not public.")
