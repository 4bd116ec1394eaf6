"""A process for the supervisor's tests: answers on its port, and writes down when it begins and ends.

Usage: fake_server.py NAME PORT JOURNAL [stubborn | short-lived | silent]
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NoReturn

NAME, PORT, JOURNAL = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
MANNER = sys.argv[4] if len(sys.argv) > 4 else ""


def note(what: str) -> None:
    with JOURNAL.open("a") as journal:
        journal.write(f"{NAME} {what}\n")


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        print(f"{NAME} was asked", flush=True)


def end(*_: object) -> NoReturn:
    note("ends")
    os._exit(0)


signal.signal(signal.SIGTERM, signal.SIG_IGN if MANNER == "stubborn" else end)
if MANNER == "short-lived":
    print("there is no bread in the house", flush=True)
    sys.exit(3)
if MANNER == "silent":
    signal.pause()
server = HTTPServer(("127.0.0.1", PORT), Answers)
note("begins")
server.serve_forever()
