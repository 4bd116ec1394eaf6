"""python -m guildhall_local.gateway check | render: Envoy's files, judged, or written for one elsewhere."""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from guildhall_local.gateway.check import check
from guildhall_local.gateway.envoy import Gateway
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m guildhall_local.gateway")
    commands = parser.add_subparsers(dest="command", required=True)
    judging = commands.add_parser("check", help="would Envoy take the files as they now stand?")
    judging.add_argument("--folder", type=Path, help="files rendered before (default: render them now)")
    rendering = commands.add_parser("render", help="write the files")
    rendering.add_argument("--folder", type=Path, required=True, help="where Envoy will find them, by the same path")
    rendering.add_argument("--host", default="0.0.0.0", help="what Envoy listens on")
    rendering.add_argument("--port", type=int, default=7400)
    rendering.add_argument("--admin-port", type=int, default=7407)
    rendering.add_argument("--issuer", required=True, help="whose tokens are taken")
    rendering.add_argument("--jwks-url", required=True, help="where its keys are, from here")
    rendering.add_argument(
        "--upstream",
        action="append",
        required=True,
        metavar="SERVICE=HOST:PORT",
        help="an instance of a service; once for each",
    )
    options = parser.parse_args()
    if options.command == "check":
        judge(options.folder)
    else:
        _gateway(options).prepare()


def judge(folder: Path | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if folder is None:
            # Needs the whole native stack's programs, which an image that only renders has not.
            from guildhall_local.processes import gateway

            folder = Path(scratch)
            replace(gateway(Instance()), folder=folder).prepare()
        check(folder)
    print("The gateway's files are in order.")


def _gateway(options: argparse.Namespace) -> Gateway:
    return Gateway(
        folder=options.folder,
        host=options.host,
        port=options.port,
        admin_port=options.admin_port,
        issuer=options.issuer,
        jwks_url=options.jwks_url,
        upstreams=upstreams(options.upstream),
    )


def upstreams(told: Iterable[str]) -> dict[str, list[str]]:
    """`events=events-serve:8000` and so on, as addresses by service."""
    found: dict[str, list[str]] = {}
    for entry in told:
        service, separator, address = entry.partition("=")
        if not separator:
            raise Obstacle(f"{entry!r} is not SERVICE=HOST:PORT")
        found.setdefault(service, []).append(address)
    return found


if __name__ == "__main__":
    try:
        main()
    except (Obstacle, ValueError) as obstacle:
        sys.exit(str(obstacle))
