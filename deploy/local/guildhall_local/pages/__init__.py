"""What the stack's own pages share: the NHS design system's markup, our own style sheet, strict headers."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse

HERE = Path(__file__).parent
STYLE_PATH = "/guildhall.css"
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"


class Pages:
    """The templates of one set of pages, which extend `layout.html.j2`."""

    def __init__(self, folder: Path, *, service: str, style_path: str = STYLE_PATH) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [jinja2.FileSystemLoader([folder, HERE]), jinja2.PackageLoader("nhsuk_frontend_jinja")]
            ),
            autoescape=True,
            undefined=jinja2.ChainableUndefined,  # the design system's macros ask for options not given
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"service": service, "style_path": style_path, "query": query}

    def html(self, name: str, **facts: Any) -> str:
        return self._environment.get_template(f"{name}.html.j2").render(facts)

    def show(self, name: str, *, status: int = 200, policy: str = "", **facts: Any) -> HTMLResponse:
        """A page without scripts; `policy` adds to what its Content-Security-Policy allows."""
        headers = {
            "content-security-policy": f"{POLICY}; {policy}".rstrip("; "),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return HTMLResponse(self.html(name, **facts), status_code=status, headers=headers)


def serve_style(app: FastAPI) -> None:
    @app.get(STYLE_PATH, include_in_schema=False)
    async def style() -> FileResponse:
        return FileResponse(HERE / "guildhall.css", media_type="text/css")


def page_of(told: str, *, items: int, on_a_page: int) -> tuple[int, int]:
    """The page meant, the nearest there is, and the last one."""
    last = max(1, -(-items // on_a_page))
    return min(last, max(1, int(told) if told.isdecimal() else 1)), last


def query(*parts: dict[str, Any], **more: Any) -> str:
    """The query of a link: later values win, empty ones are left out."""
    whole: dict[str, Any] = {}
    for part in (*parts, more):
        whole |= part
    return urlencode({name: value for name, value in whole.items() if value not in (None, "")})
