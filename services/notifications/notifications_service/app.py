"""The HTTP side: people's own lists and preferences, networks' templates, and partners' streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from access import application
from notifications_service.addresses.api import router as addresses
from notifications_service.announcements.api import router as announcements
from notifications_service.branding.api import router as branding
from notifications_service.consumers import CONSUMERS
from notifications_service.erasures.api import held
from notifications_service.erasures.api import router as erasures
from notifications_service.keys import hashes, links
from notifications_service.live.api import router as live
from notifications_service.live.hub import Hub
from notifications_service.mail.letters import Letters
from notifications_service.mail.wording import Wordings
from notifications_service.manifests.api import router as manifests
from notifications_service.manifests.signing import Signer
from notifications_service.preferences.api import router as preferences
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from notifications_service.streams.api import router as streams
from notifications_service.subscriptions.api import router as subscriptions
from notifications_service.tellings.api import router as tellings
from notifications_service.unsubscribe.api import router as unsubscribe
from notifications_service.unsubscribe.pages import Pages
from notifications_service.webhooks.api import router as webhooks
from notifications_service.webhooks.outward import look_up
from notifications_service.webhooks.signing import Vault


def with_wordings(app: FastAPI) -> None:
    """Templates are read when the process starts: without them it does not."""
    app.state.wordings, app.state.pages = Wordings(), Pages()
    app.state.look_up = look_up
    app.state.live = Hub(database=lambda: app.state.database)
    app.router.lifespan_context = _with_keys(app.router.lifespan_context)


def _with_keys(lifespan: Any) -> Any:
    """Keys are read before the first request: without them the process does not start."""

    @asynccontextmanager
    async def with_keys(app: FastAPI) -> AsyncIterator[Any]:
        settings: NotificationsSettings = app.state.settings
        app.state.links, app.state.hashes = links(settings.secrets_dir), hashes(settings.secrets_dir)
        app.state.letters = Letters(sender=settings.mail_from, public_url=settings.public_url, links=app.state.links)
        app.state.vault, app.state.signer = Vault.of(settings.secrets_dir), Signer.of(settings.secrets_dir)
        async with lifespan(app) as state:
            yield state

    return with_keys


def create_app(settings: NotificationsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="notifications",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[
            live,
            held,
            tellings,
            announcements,
            preferences,
            addresses,
            unsubscribe,
            branding,
            streams,
            manifests,
            subscriptions,
            webhooks,
            erasures,
        ],
        prepare=with_wordings,
    )
