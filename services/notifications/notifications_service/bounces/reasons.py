"""Why a mail came back, told from the server's words first, then from its codes; only four reasons are final."""

import re
from collections.abc import Mapping, Sequence

HARD = frozenset({"user-unknown", "host-unknown", "moved", "takes-no-mail"})
"""The address itself is wrong, and stays so. All else may pass, or is about the sender or the message."""

UNKNOWN = "undetermined"
OF_THE_MAIL = "refused-after-the-mail"

# The first that fits counts: what is said plainly stands before what is only hinted at.
_WORDS: Mapping[str, Sequence[str]] = {
    "moved": (r"has moved to|user (?:has )?moved", r"no longer (?:at|with) (?:this|our)", r"please try <"),
    "takes-no-mail": (r"null mx|no smtp service", r"does not accept (?:any )?(?:e-?)?mails?\b"),
    "expired": (
        r"retry time(?:out)? exceeded|too long|expired|timed? ?out|delivery time|deferred",
        r"could not be delivered for|undeliverable for",
        r"connection (?:refused|reset)|lost connection|no route to host|network is unreachable",
    ),
    "too-big": (r"too (?:big|large)|message (?:size|length)|oversize",),
    "mailbox-full": (
        r"mailbox (?:is |size )?(?:full|exceed|limit)|(?:account|inbox|mailfolder|mailbox for user) is full",
        r"(?:over|exceed\w*|out of|insufficient)[\w' -]{0,30}(?:quota|storage|space|limit)",
        r"quota (?:exceed|full)|disk quota|not enough (?:storage )?space|maximum storage|storage allocation",
        r"user has exhausted|recipient storage|full\b.{0,200}mailbox",
    ),
    "authentication": (r"\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated|authentication|not authenticated",),
    "blocked": (
        r"black ?list|block ?list|denylist|banned|blocked|\brbl\b|dnsbl|spamhaus|reputation|listed in",
        r"reverse (?:dns|lookup)|\bptr\b|client host|your ip|dynamic (?:ip|address)|access denied|refused to talk",
        r"relay (?:access )?den|relaying|(?:unable to|cannot) relay|not allowed to send",
    ),
    "too-many": (
        r"too many|rate limit|at a rate that|too fast|exceeded the (?:rate|maximum number)|frequency|throttl|concurren",
    ),
    "spam": (r"\bspam|unsolicited|junk|bulk mail|content (?:rejected|filter)",),
    "policy": (r"polic(?:y|ies)|security|virus|prohibited|attachment|rfc ?\d{3,4}|not compliant|header",),
    "sender-refused": (r"sender (?:address )?(?:rejected|denied|verify)|sender (?:domain|not)|not a valid sender",),
    "suspended": (r"suspend|locked|disabled|inactive|deactivat|not active|on hold|gr[ea]y-?list",),
    "host-unknown": (
        r"host unknown|unknown host|host (?:or domain name |\S{1,255} )?not found|no such (?:domain|host)",
        r"domain (?:name )?(?:not found|does not exist|unknown|is not reachable)|domain doesn't exist|invalid domain",
        r"name or service not known|nxdomain|unrouteable mail domain|unresolvable|illegal host|bad destination host",
        r"host does not exist|could not (?:find|resolve)|cannot resolve|unable to (?:resolve|find)|all relevant mx",
    ),
    "user-unknown": (
        r"user (?:is )?(?:unknown|not found|not known|not exist|doesn'?t|does not|invalid)",
        r"unknown (?:user|recipient|local|address|account|mailbox|or )|addressee unknown|mailbox unknown",
        r"no such (?:user|recipient|mailbox|address|person|account|local|name|alias)|no account|no mailbox",
        r"invalid (?:recipient|mailbox|user|address|final)|not our customer|not listed in|unrouteable address",
        r"(?:recipient|mailbox|address|account|user|person)[^.\n]{0,80}(?:does ?n[o']t|not) (?:have|exist|found|valid)",
        r"(?:recipient|mailbox|address|account|user|person)[^.\n]{0,80}not (?:known|listed|recogni[sz]ed|be found)",
        r"not (?:a )?(?:known|valid|listed) (?:user|recipient|mailbox|address)|addresses were unknown",
        r"recipient (?:address )?(?:unknown|rejected: unknown|is not)|bad destination mailbox|adr\.\w{0,40}notfound",
    ),
    "system": (
        r"local error|system error|internal|i/o error|(?:cannot|unable to) open|loop|hop count|temporar|try again",
        r"error writing|duplicated message-id",
    ),
}
_COMPILED = [(reason, re.compile("|".join(words), re.IGNORECASE)) for reason, words in _WORDS.items()]

_STATUS = {
    "5.1.1": "user-unknown",
    "5.1.2": "host-unknown",
    "5.1.6": "moved",
    "5.1.10": "takes-no-mail",
    "5.4.4": "takes-no-mail",
    "5.2.2": "mailbox-full",
    "4.2.2": "mailbox-full",
    "5.3.4": "too-big",
    "5.2.1": "suspended",
    "4.4.7": "expired",
    "5.4.7": "expired",
}
_HINTS, _PLAIN = frozenset({"suspended", "system"}), frozenset({"5.1.1", "5.1.6", "5.1.10"})
_OTHER_THAN_THE_ADDRESS = re.compile(r"5\.(?:2\.0|3\.\d+|6\.\d+|7\.\d+)")
_SAYS_NOTHING_MORE = re.compile(r"|5\.0\.0|5\.1\.[04]")
"""Codes with which the words decide."""
_REFUSES_THE_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
"""Codes of RFC 3463 and 7505 that speak of the recipient's address; 5.1.7 and 5.1.8 speak of the sender's."""
_PASSES = frozenset({"too-many", "mailbox-full"})
_STATUS_FIRST = re.compile(r"\s*(5\.\d{1,3}\.\d{1,3})(?![.\d])")
_AFTER_THE_MAIL = re.compile(r"(?:after|in reply to) (?:the )?end of data", re.IGNORECASE)


def reason_of(words: str, status: str) -> str:
    """The reason, in one word. words: what the server said, bounded; status: such as `5.1.1`, or empty."""
    text = " ".join(words.split())
    for reason, pattern in _COMPILED:
        if pattern.search(text):
            # What is only hinted at gives way to a code that is plain.
            return _STATUS[status] if reason in _HINTS and status in _PLAIN else reason
    return _STATUS.get(status, UNKNOWN)


def is_of_the_mail(words: str, status: str) -> bool:
    """Whether the server took the recipient and refused the mail, or its code speaks of something else than addresses.

    An "unknown user" is then the word of a filter, and not the last.
    """
    if _OTHER_THAN_THE_ADDRESS.fullmatch(status):
        return True
    return status != "5.1.1" and _AFTER_THE_MAIL.search(words) is not None


def status_of(reply: str) -> str:
    """The enhanced status code that a server's reply begins with, or nothing."""
    found = _STATUS_FIRST.match(reply)
    return found[1] if found else ""


def refused_address(words: str, *, of_the_recipient: bool) -> str | None:
    """Why an address takes no mail, by a permanent refusal while the server is spoken to; None where it is anything
    else: who we are, what stands in the mail, or what may pass.

    words: the server's reply, bounded. of_the_recipient: whether it answered the recipient, before any mail.
    """
    status = status_of(words)
    reason = reason_of(words, status)
    if status in _REFUSES_THE_ADDRESS:
        return None if status == "5.2.1" and reason in _PASSES else _STATUS.get(status, "user-unknown")
    if of_the_recipient and _SAYS_NOTHING_MORE.fullmatch(status) and reason in HARD:
        return reason
    return None
