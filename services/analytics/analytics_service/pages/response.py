"""A page as it is sent: no script, nothing from elsewhere, nobody else's frame, and no address passed on."""

from fastapi.responses import HTMLResponse

from analytics_service.pages.style import ALLOWED

HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{ALLOWED}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "vary": "accept",
}


def page_response(page: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status_code=status, headers=HEADERS)
