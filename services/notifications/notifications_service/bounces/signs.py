"""By what a report is known, and its parts told apart: no pattern looks at a character more than so many times."""

import re

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}[A-Za-z0-9]")
OURS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{12}\b")
"""The local part of a Message-ID of ours."""
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d{2})[ -]")
FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{1,40}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)

COPY = re.compile(
    r"^[ \t]*(?:-{2,}|={2,}|>|\*{2,}|\.{3,})?[ \t]*(?:"
    r"(?:below|this|here|the following) (?:this line |is |are )?(?:is )?(?:a )?(?:the )?(?:copy|headers?|first|text)"
    r"|(?:begin(?:ning)? of )?(?:the )?(?:original|returned|unsent|undelivered|your|forwarded) "
    r"(?:message|mail|text|e-?mail)\b"
    r"|message (?:header|body|contents?|follows)|included is a copy|message headers)[^\n]*$"
    r"|^(?:Received|Return-Path):",
    re.MULTILINE | re.IGNORECASE,
)
"""Where the copy of the returned mail begins."""

BOUNCES = re.compile(
    r"undeliver|delivery (?:status|failure|report|problem|notification)|returned mail|mail (?:delivery|system)"
    r"|failure notice|failure delivery|returning message|error message below|permanent(?:ly)? (?:fatal )?error"
    r"|could not be delivered|was not delivered|wasn't able to deliver|not able to deliver|delivery (?:has )?failed"
    r"|message (?:could|can) ?not be|loop alert|duplicated message-id|не доставлено",
    re.IGNORECASE,
)
DAEMON = re.compile(r"mailer-daemon|post_?master|mail delivery|<>|mailerdaemon|mail-daemon", re.IGNORECASE)
AWAY = re.compile(
    r"auto(?:matic)?[- ]?(?:re(?:ply|sponse|sponder))|out of (?:the )?office|away (?:until|from)|vacation|on leave"
    r"|on holiday",
    re.IGNORECASE,
)
SERVERS_OWN = re.compile(r"mailer-daemon|postmaster@|abuse@|noreply@", re.IGNORECASE)
