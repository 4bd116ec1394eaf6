"""What the story's people find in their mailboxes."""

import httpx

from guildhall_local.story.stage import until

ARRIVES_WITHIN = 120.0
AT_ONCE = 1000


async def newest(http: httpx.AsyncClient, catcher: str, *, to: str, kind: str) -> dict[str, str]:
    """The headers of the newest mail of this kind to somebody, names in lower case, as soon as there is one."""

    async def arrived() -> dict[str, str] | None:
        answer = await http.get(f"{catcher}/api/messages", params={"to": to, "limit": AT_ONCE})
        mails = [{name.lower(): value for name, value in mail["headers"]} for mail in answer.json()["messages"]]
        return next((mail for mail in reversed(mails) if mail.get("x-guildhall-kind") == kind), None)

    return await until(f"a mail of the kind {kind}", arrived, within=ARRIVES_WITHIN)
