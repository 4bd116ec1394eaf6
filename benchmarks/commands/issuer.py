"""An issuer of ES256 tokens: its keys on a port of this machine, its tokens signed beforehand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

from guildhall_local.instance import HOST

AN_EVENING = 12 * 3600


class Issuer:
    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.key = ECKey.generate_key("P-256", {"kid": "benchmarks", "alg": "ES256", "use": "sig"})

    def trusted(self) -> str:
        """As the environment's TRUSTED_ISSUERS says it."""
        return orjson.dumps(
            [{"issuer": self.url, "jwks_url": f"{self.url}/jwks.json", "email_domains": ["*"]}]
        ).decode()

    def token(self, subject: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": "guildhall",
            "iat": now,
            "exp": now + AN_EVENING,
            "email": f"{subject}@example.org",
            "email_verified": True,
        }
        return jwt.encode({"alg": "ES256", "kid": "benchmarks"}, claims, self.key, algorithms=["ES256"])

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Its keys can be fetched for as long as the block: in a thread, since the harness waits for its servers."""
        body = orjson.dumps({"keys": [self.key.as_dict(private=False)]})

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody asks who asked."""

        server = ThreadingHTTPServer((HOST, int(self.url.rsplit(":", 1)[1])), Keys)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
