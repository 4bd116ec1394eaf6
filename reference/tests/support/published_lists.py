"""Lists as they are published, made up for the tests, and what is derived from them."""

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DERIVE = Path(__file__).parents[2] / "derive.py"
ROLES = "vocab/operational_roles.csv"

REGIONS = ("Y56", "Y58", "Y59", "Y60", "Y61", "Y62", "Y63")

Row = dict[str, str]


def a_trust(code: str, **facts: str) -> Row:
    """An open acute trust of the Midlands, except for what is given."""
    usual = {
        "ods_code": code,
        "name": f"{code.title()} NHS Trust",
        "type": "acute",
        "region_code": "Y60",
        "icb_code": "QUA",
        "icb_code_from_2026_04": "QUA",
        "open_date": "2001-04-01",
        "status": "open",
        "close_date": "",
        "successor_code": "",
    }
    return {**usual, **facts}


def an_ods_row(
    code: str, *, name: str = "", region: str = "Y60", opened: str = "20010401", closed: str = ""
) -> list[str]:
    """A row as the ODS publishes it, address and telephone included."""
    row = [code, name or f"{code} NHS TRUST", region, "QUA", "1 HIGH STREET", "", "", "DUDLEY", "", "DY1 1AA"]
    return [*row, opened, closed, *[""] * 5, "01384 000000", *[""] * 9]


class Lists:
    """A folder of published lists and one for what is derived from them."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.target = folder / "target"
        (self.source / "vocab").mkdir(parents=True)
        self.target.mkdir()
        self.write("nhs_regions.csv", [{"ods_code": code, "name": f"Region {code}"} for code in REGIONS])
        self.write("nhs_icbs.csv", [an_icb("QUA")])
        self.publish(trusts=[a_trust("RNA")], ods=[an_ods_row("RNA")])
        self.write(ROLES, [{"title": "General Manager", "level": "senior"}])

    def publish(self, *, trusts: Sequence[Row], ods: Sequence[list[str]]) -> None:
        self.write("nhs_trusts.csv", trusts)
        with (self.source / "etr.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(ods)

    def write(self, name: str, rows: Sequence[Row]) -> None:
        with (self.source / name).open("w", newline="", encoding="utf-8") as file:
            written = csv.DictWriter(file, fieldnames=list(rows[0]))
            written.writeheader()
            written.writerows(rows)

    def derive(self, *options: str) -> "subprocess.CompletedProcess[str]":
        folders = ("--source", str(self.source), "--target", str(self.target))
        return subprocess.run(
            [sys.executable, str(DERIVE), *folders, *options], capture_output=True, text=True, check=False
        )

    def derived(self, name: str) -> list[Row]:
        finished = self.derive()
        assert finished.returncode == 0, finished.stderr
        with (self.target / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def findings(self) -> set[tuple[str, str]]:
        return {(row["code"], row["finding"]) for row in self.derived("report.csv")}


def an_icb(code: str, *, until: str = "", successors: str = "") -> Row:
    return {
        "ods_code": code,
        "name": f"{code} ICB",
        "region_code": "Y60",
        "valid_from": "2022-07-01",
        "valid_to": until,
        "successor_codes": successors,
    }
