"""A mail as its recipient saw it, taken from its own headers and parts."""

from email.parser import BytesParser
from email.policy import default
from uuid import UUID

from pydantic import BaseModel

from notifications_service.mail.moulds import Written, html_of, text_of


class TemplateUsed(BaseModel):
    network_id: UUID
    version: int


class Shown(BaseModel):
    sender: str
    subject: str
    text: str
    html: str
    template: TemplateUsed | None
    """The network's own, and its version; null where it was the house's."""


def shown(written: Written) -> Shown:
    heads = BytesParser(policy=default).parsebytes(written.mould.heads, headersonly=True)
    mould = written.mould
    template = None
    if mould.template_network_id is not None and mould.template_version is not None:
        template = TemplateUsed(network_id=mould.template_network_id, version=mould.template_version)
    return Shown(
        sender=str(heads["From"]),
        subject=str(heads["Subject"]),
        text=text_of(mould, written.facts),
        html=html_of(mould, written.facts),
        template=template,
    )
