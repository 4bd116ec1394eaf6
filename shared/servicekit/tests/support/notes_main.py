"""The little service as a process: `python notes_main.py serve | work | migrate | rebuild`."""

from fastapi import FastAPI
from notes_service import NOTES, SCHEMA

from servicekit.process import Service, command_line
from servicekit.settings import ServiceSettings
from servicekit.web.app import create_app


def app(settings: ServiceSettings) -> FastAPI:
    async def ready() -> None: ...

    return create_app(title="notes", version="v1", routers=[], lifespan=None, ready=ready)


SERVICE = Service(name="notes", settings=ServiceSettings, schema=SCHEMA, consumers=[NOTES], create_app=app)

if __name__ == "__main__":
    command_line(SERVICE)()
