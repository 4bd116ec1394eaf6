"""The little service as processes: `python notes_main.py serve | work | migrate | rebuild | status | ...`."""

import os

from fastapi import FastAPI
from notes_service import MENDED, NOTES, SCHEMA

from servicekit.process import Service, command_line
from servicekit.settings import ServiceSettings
from servicekit.web.app import create_app


def app(settings: ServiceSettings) -> FastAPI:
    async def ready() -> None: ...

    return create_app(title="notes", version="v1", routers=[], lifespan=None, ready=ready)


CONSUMERS = [MENDED if os.environ.get("NOTES_MENDED") else NOTES]
SERVICE = Service(name="notes", settings=ServiceSettings, schema=SCHEMA, consumers=CONSUMERS, create_app=app)

if __name__ == "__main__":
    command_line(SERVICE)()
