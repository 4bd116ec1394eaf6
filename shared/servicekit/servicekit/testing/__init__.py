"""What tests of every service share: real servers, fresh databases, deliveries, patience."""

from servicekit.testing.deliveries import deliver, signals_published
from servicekit.testing.patience import end, eventually

__all__ = ["deliver", "end", "eventually", "signals_published"]
