"""What notifications is told by its environment beyond what every service is told."""

import re
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from notifications_service.reminders.model import LEADS
from servicekit.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    mail_from: str = "guildhall@localhost"
    """The sender's address of every mail."""
    mail_domain: str = ""
    """What stands after the @ of every Message-ID; empty: the host of PUBLIC_URL."""
    mail_connections: int = Field(default=4, ge=1, le=20)
    """Connections to the mail server that are used side by side."""
    mail_bounces_dir: str = ""
    """A Maildir into which mails that came back are put; empty: none is read."""
    remind_before: str = "24h"
    """How long before an event starts its registrants are reminded: names of leads, separated by commas."""
    stream_kept_days: int = Field(default=90, ge=1)
    """How long partners may come back for what they have not read."""
    webhook_test_targets: str = ""
    """Receivers, as host:port separated by commas, that webhooks may reach wherever they are; refused in production."""
    webhook_warn_after_hours: int = Field(default=24, ge=1)
    """For how long an endpoint may fail before its owner is told."""
    webhook_disable_after_days: int = Field(default=5, ge=1)
    """For how long it may fail before it is disabled."""

    @model_validator(mode="after")
    def _webhooks_reach_this_machine_in_a_local_stack_only(self) -> Self:
        if self.service_profile == "production" and self.webhook_test_targets:
            raise ValueError("a production process sends webhooks to public addresses only: no WEBHOOK_TEST_TARGETS")
        if wrong := [one for one in self.test_targets if not re.fullmatch(r"[a-z0-9.:-]+:[0-9]{1,5}", one)]:
            raise ValueError(f"WEBHOOK_TEST_TARGETS: expected host:port, separated by commas, not {wrong[0]}")
        return self

    @model_validator(mode="after")
    def _reminders_have_known_leads(self) -> Self:
        if unknown := [lead for lead in self.reminder_leads if lead not in LEADS]:
            raise ValueError(f"REMIND_BEFORE: there is no {unknown[0]}; known: {', '.join(LEADS)}")
        return self

    @property
    def reminder_leads(self) -> Sequence[str]:
        return [lead.strip() for lead in self.remind_before.split(",") if lead.strip()]

    @property
    def test_targets(self) -> frozenset[str]:
        return frozenset(one.strip().lower() for one in self.webhook_test_targets.split(",") if one.strip())

    @property
    def domain(self) -> str:
        return self.mail_domain or urlsplit(self.public_url).hostname or "localhost"
