"""Pages that a link in a mail opens: no script, nothing from elsewhere, and one button that does what it says."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Button:
    words: str
    value: str
    secondary: bool = False


class Pages:
    """Read when the process starts: without its templates it does not."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("page.html.j2")
        self._css = (HERE / "page.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(self._css.encode()).digest()).decode()
        self._headers = {
            "content-security-policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
                "base-uri 'none'; frame-ancestors 'none'"
            ),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }

    def show(
        self,
        title: str,
        *lines: str,
        service: str,
        action: str = "",
        note: str = "",
        buttons: Sequence[Button] = (),
        done: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """action: where the buttons lead. done: whether something was done."""
        page = self._page.render(
            title=title,
            lines=lines,
            service=service,
            action=action,
            note=note,
            buttons=buttons,
            done=done,
            css=Markup(self._css),
        )
        return HTMLResponse(page, status_code=status, headers=self._headers)
