"""What Guildhall promises to programs, as files that the gateway serves: two definitions, and pages to read them by."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guildhall_local.catalogue.http import operations
from guildhall_local.catalogue.signals import listeners, signals
from guildhall_local.instance import PROJECT
from guildhall_local.pages import HERE as SHARED
from guildhall_local.pages import Pages

SOURCE = PROJECT / "docs" / "api"
HTML, CSS, JSON = "text/html; charset=utf-8", "text/css; charset=utf-8", "application/json"
ROOT = "/api/v1/catalogue"


@dataclass(frozen=True, slots=True)
class Published:
    """A file, and the address that shows it to anybody."""

    address: str
    file: Path
    media_type: str


def publish(folder: Path, source: Path = SOURCE) -> list[Published]:
    """Write all of them into `folder`; what is not changed keeps its bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    published = []
    for name, address, media_type, content in _contents(source):
        file = folder / name
        if not file.exists() or file.read_text() != content:
            file.write_text(content)
        published.append(Published(address, file, media_type))
    return published


def _contents(source: Path) -> Iterator[tuple[str, str, str, str]]:
    """File name, address, media type, content."""
    http, kafka = ((source / f"{name}.json").read_text() for name in ("openapi", "asyncapi"))
    yield "openapi.json", "/api/v1/openapi.json", JSON, http
    yield "asyncapi.json", "/api/v1/asyncapi.json", JSON, kafka
    yield "style.css", f"{ROOT}/style.css", CSS, (SHARED / "guildhall.css").read_text()
    pages = Pages(Path(__file__).parent / "pages", service="Catalogue", style_path=f"{ROOT}/style.css")
    yield from _pages(pages, json.loads(http), json.loads(kafka))


def _pages(pages: Pages, http: Mapping[str, Any], kafka: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    known, asked, heard = signals(kafka), operations(http), listeners(kafka)
    index = pages.html("index", root=ROOT, signals=known, services=asked, heard=heard)
    yield "index.html", ROOT, HTML, index
    for signal in known:
        page = pages.html("signal", root=ROOT, signal=signal, heard=heard[signal.type])
        yield f"{signal.type}.html", f"{ROOT}/signals/{signal.type}", HTML, page
    for service, offered in asked.items():
        page = pages.html("service", root=ROOT, service_name=service, operations=offered)
        yield f"{service}.html", f"{ROOT}/http/{service}", HTML, page
