"""Timers: due rows in the database, fired by one elected runner, each exactly once in effect.

A service keeps its timers in a table that the search path finds. Where they follow from others' facts it is part of
the projection, and a rebuild makes them anew; what became of each stands in `servicekit.timer_runs` and stays.

    CREATE TABLE timers (
        kind text NOT NULL,                 -- which handler
        subject text NOT NULL,              -- what it is about: one timer for each kind and subject
        name text NOT NULL UNIQUE,          -- its cause; another name is another timer, which fires again
        version integer NOT NULL,           -- the subject's: an older one changes nothing
        due_at timestamptz,                 -- NULL where it is not to fire
        PRIMARY KEY (kind, subject)
    );
    CREATE INDEX timers_due ON timers (due_at) WHERE due_at IS NOT NULL;
"""

from servicekit.timers.model import Timer
from servicekit.timers.runner import TimerHandler, TimerRunner
from servicekit.timers.store import Parked, keep, parked, try_again

__all__ = ["Parked", "Timer", "TimerHandler", "TimerRunner", "keep", "parked", "try_again"]
