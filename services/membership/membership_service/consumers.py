"""Everything membership listens to, on one page: its own facts, so that it decides like every other service."""

from access import ACCESS
from servicekit.consumers import Consumer

CONSUMERS: list[Consumer] = [*ACCESS]
