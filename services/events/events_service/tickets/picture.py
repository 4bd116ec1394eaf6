"""A ticket as a QR code: black on white whatever the page around it, with the quiet border that scanners need."""

import io

import segno

TITLE = "Your ticket"


def as_svg(text: str) -> str:
    """An SVG image of the text. Capitals and digits alone keep the code coarse enough for a cracked telephone."""
    out = io.BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", title=TITLE, xmldecl=False, nl=False,
        svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode("utf-8")
