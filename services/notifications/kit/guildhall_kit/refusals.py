"""What is not taken, and why."""


class Refused(Exception):
    """Nothing was kept. The text says why."""


class Forged(Refused):
    """No signature by one of the secrets, or something that a signed request always has is missing. Answer 401."""


class Stale(Refused):
    """Signed, but not now: whoever sends it again has only a copy. Answer 401."""


class AlreadyReceived(Refused):
    """Signed, but kept before: a replay, or a retry whose first answer was lost. Answer 204, so that it ends."""


class Tampered(Refused):
    """A signal whose data is not what its hash says."""
