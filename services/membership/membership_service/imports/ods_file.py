"""The Organisation Data Service's own format: no header, 27 columns, days as YYYYMMDD."""

import re
from datetime import date

from membership_service.imports.csv_file import rows
from membership_service.imports.model import FileRefused, Refusal, RowRefused, is_broken
from membership_service.networks.founding import OdsTrust
from membership_service.organisations.model import is_code

COLUMNS = 27
CODE, NAME, REGION, OPENED, CLOSED = 0, 1, 2, 10, 11
NAMES = {CODE: "code", NAME: "name", REGION: "region", OPENED: "open date", CLOSED: "close date"}


def read(body: bytes) -> tuple[list[OdsTrust], list[Refusal]]:
    """The trusts of a file, and the rows that cannot be read. Raises FileRefused where it is another format."""
    found: dict[str, OdsTrust] = {}
    refused: list[Refusal] = []
    for number, values in rows(body):
        try:
            trust = _trust(values)
            if trust.code in found:
                raise RowRefused("code", trust.code, "a code that stands in one row only", kind="code-twice")
            found[trust.code] = trust
        except RowRefused as refusal:
            refused.append(refusal.at(number))
    if not found:
        first = f" The first row: {refused[0].expected}." if refused else " It is empty."
        raise FileRefused(
            "This is not a file in the format of the Organisation Data Service: no header, 27 columns, the first the"
            f" code, then name and region, the 11th and 12th open and close date.{first}"
        )
    return list(found.values()), refused


def _trust(values: list[str]) -> OdsTrust:
    if len(values) != COLUMNS:
        raise RowRefused(
            str(min(len(values), COLUMNS) + 1),
            values[COLUMNS] if len(values) > COLUMNS else "",
            f"27 columns, here are {len(values)}",
            kind="columns",
        )
    broken = next((place for place, value in enumerate(values) if is_broken(value)), None)
    if broken is not None:
        column = NAMES.get(broken, str(broken + 1))
        raise RowRefused(column, values[broken], "text in UTF-8", kind="broken-encoding")
    code = values[CODE].strip()
    if not is_code(code):
        raise RowRefused("code", code, "an ODS code: three or five capital letters and digits", kind="code")
    name = " ".join(values[NAME].split())
    if not name:
        raise RowRefused("name", name, "the trust's name", kind="name-missing")
    return OdsTrust(
        code=code,
        name=name,
        region=values[REGION].strip(),
        opened=_day(values, OPENED),
        closed=_day(values, CLOSED),
    )


def _day(values: list[str], place: int) -> date | None:
    text = values[place].strip()
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)
    try:
        return date(*map(int, match.groups())) if match else _refuse(text, place)
    except ValueError:
        return _refuse(text, place)


def _refuse(text: str, place: int) -> date:
    raise RowRefused(NAMES[place], text, "a day that exists, as YYYYMMDD, or nothing", kind="date")
