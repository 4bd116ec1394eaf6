"""Between two looks at the outbox the relay waits briefly while signals come, and longer once none do."""

from servicekit.outbox.relay import BUSY_FOR, BUSY_SECONDS, IDLE_SECONDS, Relay


async def test_it_looks_often_while_signals_come_and_seldom_otherwise() -> None:
    relay = Relay(dsn="", bootstrap="")

    before = relay._pause(some=False)
    at_once, soon_after = relay._pause(some=True), relay._pause(some=False)
    relay._some_at -= BUSY_FOR
    later = relay._pause(some=False)

    assert (before, at_once, soon_after, later) == (IDLE_SECONDS, BUSY_SECONDS, BUSY_SECONDS, IDLE_SECONDS)
    assert BUSY_SECONDS < IDLE_SECONDS
