"""What the provider says no with: OAuth's error codes, and words for whoever set the client up."""


class Refused(Exception):
    """An error of RFC 6749; `code` is one of its names."""

    def __init__(self, code: str, words: str, *, status: int = 400) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.status = status


class Unusable(Exception):
    """A sign-in request that must not be answered by a redirect: who asks, or where to, cannot be trusted."""
