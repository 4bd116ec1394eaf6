"""Turn the published lists of NHS trusts into our reference files: facts only; gaps are reported."""

import argparse
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

Row = dict[str, str]

CELLS = {
    "Y56": "london",
    "Y58": "southwest",
    "Y59": "southeast",
    "Y60": "midlands",
    "Y61": "east",
    "Y62": "northwest",
    "Y63": "northeast",
}
SECTORS = {"acute", "acute_specialist", "ambulance", "community", "mental_health", "online"}
WALES = "W00"
ICBS_CHANGED = "2026-04-01"
ODS_LISTED = "2025-07-01"
TRUSTS_LISTED = "2026-08-01"

ICB_COLUMNS = ("ods_code", "name", "region_code", "valid_from", "valid_to", "successor_codes")
TRUST_COLUMNS = (
    *("ods_code", "name", "type", "region_code", "icb_code", "icb_code_from_2026_04"),
    *("open_date", "status", "close_date", "successor_code"),
)
ODS_WIDTH = 27
CODE, NAME, REGION, ICB, POSTCODE, OPENED, CLOSED = 0, 1, 2, 3, 9, 10, 11
ODS_KEPT = (CODE, NAME, REGION, ICB, POSTCODE, OPENED, CLOSED)


class SourceRefused(Exception):
    """A source that is not in the form we know: nothing is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The published lists as read; `ods` holds rows of 27 fields, the others dictionaries by column."""

    regions: list[Row]
    icbs: list[Row]
    trusts: list[Row]
    ods: list[list[str]]
    roles: list[Row]


def read(folder: Path) -> Sources:
    sources = Sources(
        regions=_columns(folder / "nhs_regions.csv", "ods_code", "name"),
        icbs=_columns(folder / "nhs_icbs.csv", *ICB_COLUMNS),
        trusts=_columns(folder / "nhs_trusts.csv", *TRUST_COLUMNS),
        ods=_ods_rows(folder / "etr.csv"),
        roles=_columns(folder / "vocab" / "operational_roles.csv", "title", "level"),
    )
    _refuse_what_is_unknown(sources)
    return sources


def _text(path: Path) -> io.StringIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    except FileNotFoundError:
        raise SourceRefused(f"{path.name} is missing from {path.parent}") from None
    except UnicodeDecodeError:
        raise SourceRefused(f"{path.name} is not UTF-8") from None


def _columns(path: Path, *wanted: str) -> list[Row]:
    reader = csv.DictReader(_text(path))
    if missing := set(wanted).difference(reader.fieldnames or []):
        raise SourceRefused(f"{path.name} lacks the column {', '.join(sorted(missing))}")
    rows = [{column: (row[column] or "").strip() for column in wanted} for row in reader]
    _refuse_twice(path.name, (row[wanted[0]] for row in rows))
    return rows


def _ods_rows(path: Path) -> list[list[str]]:
    rows = list(csv.reader(_text(path)))
    for number, row in enumerate(rows, start=1):
        if len(row) != ODS_WIDTH:
            raise SourceRefused(f"{path.name} row {number} has {len(row)} columns, not {ODS_WIDTH}")
    _refuse_twice(path.name, (row[CODE] for row in rows))
    return rows


def _refuse_twice(source: str, keys: Iterable[str]) -> None:
    if twice := sorted(key for key, count in Counter(keys).items() if count > 1):
        raise SourceRefused(f"{source} names {', '.join(twice)} more than once")


def _refuse_what_is_unknown(sources: Sources) -> None:
    """A new region, type, status or shape of date needs a person's decision, not a default."""
    if {row["ods_code"] for row in sources.regions} != set(CELLS):
        raise SourceRefused(f"nhs_regions.csv must hold exactly the regions {', '.join(sorted(CELLS))}")
    for trust in sources.trusts:
        _known(trust, "type", SECTORS)
        _known(trust, "status", {"open", "closed"})
        _known(trust, "region_code", {*CELLS, ""})
        _day(trust["ods_code"], trust["open_date"])
        _day(trust["ods_code"], trust["close_date"])
        if trust["status"] == "open" and trust["close_date"]:
            raise SourceRefused(f"{trust['ods_code']} is open and has a closing date")
    for icb in sources.icbs:
        _known(icb, "region_code", set(CELLS))
        _day(icb["ods_code"], icb["valid_from"])
        _day(icb["ods_code"], icb["valid_to"])
    for row in sources.ods:
        _day(row[CODE], row[OPENED])
        _day(row[CODE], row[CLOSED])


def _known(row: Row, column: str, values: set[str]) -> None:
    if row[column] not in values:
        raise SourceRefused(f"{row['ods_code']} has an unknown {column} {row[column]!r}")


def _day(code: str, written: str) -> str:
    """A day as YYYY-MM-DD, from that or from the YYYYMMDD of the ODS; nothing stays nothing."""
    try:
        return date.fromisoformat(written).isoformat() if written else ""
    except ValueError:
        raise SourceRefused(f"{code} has the date {written!r}, which does not exist") from None


def icb_of(trust: Row) -> str:
    """An open trust's ICB today, a closed one's when last known open; nothing where two are possible."""
    before, after = trust["icb_code"], trust["icb_code_from_2026_04"]
    if trust["status"] == "closed" and trust["close_date"] < ICBS_CHANGED:
        return before
    return "" if "|" in after else after


def same_name(one: str, other: str) -> bool:
    """Letters of another case are no other name: the ODS publishes capitals."""
    return one.casefold() == other.casefold()


def findings(sources: Sources) -> list[tuple[str, str, str, str]]:
    """What a person should know about the lists, as (code, name, finding, detail), ordered by code."""
    trusts = {trust["ods_code"]: trust for trust in sources.trusts}
    ods = {row[CODE]: row for row in sources.ods}
    found: list[tuple[str, str, str, str]] = []
    for code, row in ods.items():
        if row[REGION] == WALES:
            found.append((code, row[NAME], "not-english", "region W00 of the ODS: left out, refused by the importer"))
        elif not row[CLOSED] and trusts.get(code, {}).get("status") != "open":
            detail = _ending(trusts[code]) if code in trusts else "not in nhs_trusts.csv"
            found.append((code, row[NAME], "open-only-in-ods", detail))
    for code, trust in trusts.items():
        if trust["status"] == "open" and (code not in ods or ods[code][CLOSED]):
            detail = f"closed {_day(code, ods[code][CLOSED])} in etr.csv" if code in ods else "not in etr.csv"
            found.append((code, trust["name"], "open-only-in-trusts", detail))
        found += [(code, trust["name"], *gap) for gap in _gaps(trust, set(trusts))]
        if code in ods:
            found += [(code, trust["name"], *difference) for difference in _differences(trust, ods[code])]
    return sorted(found)


def _ending(trust: Row) -> str:
    on = trust["close_date"] or "on an unknown day"
    return f"closed {on}, succeeded by {trust['successor_code'] or 'nobody named'}"


def _gaps(trust: Row, codes: set[str]) -> Iterable[tuple[str, str]]:
    opened, closed, successor = trust["open_date"], trust["close_date"], trust["successor_code"]
    if trust["status"] == "closed" and not closed:
        yield "closed-without-date", "closed on an unknown day: `to` stays empty, `status` says closed"
    if trust["status"] == "closed" and not successor:
        yield "closed-without-successor", "no successor is named"
    if successor and successor not in codes:
        yield "successor-unknown", f"{successor} is in no list"
    if opened and closed and closed < opened:
        yield "dates-out-of-order", f"opened {opened}, closed {closed}"
    if not opened:
        yield "no-opening-date", "`from` stays empty"
    if not trust["region_code"]:
        yield "no-region", "national: stands directly below the national network"
    if "|" in trust["icb_code_from_2026_04"]:
        candidates = trust["icb_code_from_2026_04"].replace("|", " or ")
        yield "icb-undecided", f"{trust['icb_code']} was split: since {ICBS_CHANGED} {candidates}"


def _differences(trust: Row, ods: Sequence[str]) -> Iterable[tuple[str, str]]:
    if not same_name(trust["name"], ods[NAME]):
        yield "name-differs", f"{ods[NAME]} in etr.csv"
    if trust["region_code"] != ods[REGION]:
        yield "region-differs", f"{ods[REGION]} in etr.csv"
    opened, closed = _day(ods[CODE], ods[OPENED]), _day(ods[CODE], ods[CLOSED])
    if trust["open_date"] != opened:
        yield "opening-date-differs", f"{opened or 'none'} in etr.csv"
    if closed and trust["close_date"] and trust["close_date"] != closed:
        yield "closing-date-differs", f"{closed} in etr.csv"


def organisations(sources: Sources) -> Iterable[tuple[str, ...]]:
    for trust in sources.trusts:
        yield (
            *(trust["ods_code"], trust["name"], trust["type"], trust["region_code"], icb_of(trust)),
            *(trust["open_date"], trust["close_date"], trust["successor_code"], trust["status"]),
        )


def names(sources: Sources) -> Iterable[tuple[str, str, str]]:
    """Both names of every code that the lists call differently, each from the month of its list."""
    published = {row[CODE]: row[NAME] for row in sources.ods}
    for trust in sources.trusts:
        code = trust["ods_code"]
        if code in published and not same_name(trust["name"], published[code]):
            yield code, published[code], ODS_LISTED
            yield code, trust["name"], TRUSTS_LISTED


def ods_file(sources: Sources) -> str:
    """The ODS file in the ODS's own layout; addresses and the columns that nobody reads are left empty."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [row[column] if column in ODS_KEPT else "" for column in range(ODS_WIDTH)] for row in sources.ods
    )
    return written.getvalue()


def job_roles(sources: Sources) -> Iterable[tuple[str, str, str]]:
    for role in sources.roles:
        code = re.sub(r"[^a-z0-9]+", "-", role["title"].lower()).strip("-")
        yield code, role["title"], role["level"].replace(" ", "_")


def icbs(sources: Sources) -> Iterable[tuple[str, ...]]:
    return (tuple(row[column] for column in ICB_COLUMNS) for row in sources.icbs)


def regions(sources: Sources) -> Iterable[tuple[str, ...]]:
    for row in sources.regions:
        cell = CELLS[row["ods_code"]]
        yield row["ods_code"], row["name"], cell, cell


def files(sources: Sources) -> dict[str, str]:
    """Every file we keep, by its name; in an order of its own, so that the same facts give the same bytes."""
    return {
        "regions.csv": _table("code,name,cell,label", sorted(regions(sources))),
        "icbs.csv": _table("code,name,region,from,to,successors", sorted(icbs(sources))),
        "organisations.csv": _table(
            "code,name,sector,region,icb,from,to,successor,status", sorted(organisations(sources))
        ),
        "names.csv": _table("code,name,from", sorted(names(sources), key=lambda row: (row[0], row[2]))),
        "job_roles.csv": _table("code,title,level", job_roles(sources)),
        "etr.csv": ods_file(sources),
        "report.csv": _table("code,name,finding,detail", findings(sources)),
    }


def _table(header: str, rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows([header.split(","), *rows])
    return written.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when written or equal, 1 when `--check` finds a difference, 2 when a source is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="the folder with the published lists")
    parser.add_argument("--target", type=Path, default=Path(__file__).parent, help="where our files stand")
    parser.add_argument("--check", action="store_true", help="compare without writing")
    options = parser.parse_args(arguments)
    try:
        derived = files(read(options.source))
    except SourceRefused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 2
    if options.check:
        return _compare(options.target, derived)
    for name, text in derived.items():
        (options.target / name).write_bytes(text.encode())
    print(f"{len(derived)} files written; report.csv says what the lists leave open")
    return 0


def _compare(target: Path, derived: dict[str, str]) -> int:
    standing = {path.name: path.read_bytes() for path in target.glob("*.csv")}
    stale = [name for name, text in derived.items() if standing.get(name) != text.encode()]
    for name in stale:
        print(f"{name} differs from what the sources say", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
