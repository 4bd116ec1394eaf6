"""python -m guildhall_local.story.receiver: a partner body's server, which takes webhooks with the kit."""

import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from guildhall_kit import TEST, AlreadyReceived, Refused, Store, Webhooks
from guildhall_local.instance import HOST, Instance
from guildhall_local.story import arrivals
from guildhall_local.story.arrivals import DEAD, SIGNALS, Arrival
from guildhall_local.story.partner import KEPT, SECRET, partner_folder

LONGEST = 1_048_576


class Receiver(ThreadingHTTPServer):
    """It is away for a moment when the first signal comes; what comes to DEAD is never answered."""

    daemon_threads = True

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__((HOST, port), _Handler)
        self.folder = folder
        self.store = Store(folder / KEPT)
        self.stopped = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._was_away = False

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int | None:
        """Keep it where it is signed and new; the status to answer with, None for none."""
        with self._one_at_a_time:
            status, outcome = self._judged(path, headers, body)
            arrivals.append(
                self.folder / arrivals.FILE,
                Arrival(path=path, at=time.time(), headers=headers, body=body, status=status, outcome=outcome),
            )
        return status

    def _judged(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str]:
        if path == DEAD:
            return None, "unanswered"
        webhooks = Webhooks([(self.folder / SECRET).read_text()])
        try:
            if webhooks.verify(headers, body).type != TEST and not self._was_away:
                self._was_away = True
                return 503, "turned-away"
            webhooks.receive(headers, body, self.store)
        except AlreadyReceived:
            return 204, "again"
        except Refused:
            return 401, "refused"
        return 204, "kept"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        if self.path not in {SIGNALS, DEAD} or length > LONGEST:
            self.send_error(404)
            return
        told = {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("webhook-")}
        status = self.server.take(self.path, told, self.rfile.read(length))
        if status is None:
            self.close_connection = True
            self.server.stopped.wait()
            return
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:
        """What is worth knowing stands in the log of arrivals."""


def main() -> int:
    instance = Instance()
    server = Receiver(instance.ports["receiver"], partner_folder(instance))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.stopped.set()
    server.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
