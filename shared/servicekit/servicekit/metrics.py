"""What a process counts; every name and label stands here, and no label ever holds a person.

| name | labels | counted by |
|---|---|---|
| guildhall_http_requests_total | method, route, status | web |
| guildhall_http_request_seconds | method, route | web |
| guildhall_http_in_flight | | web |
| guildhall_relay_sent_total | topic | relay |
| guildhall_relay_elected | | relay: 1 in the one process that relays |
| guildhall_outbox_unsent | | relay |
| guildhall_broker_is_another | | work: 1 while a broker answers that lacks what was sent |
| guildhall_outbox_oldest_unsent_seconds | | work's measuring |
| guildhall_outbox_unsent_by_cell | cell | work's measuring |
| guildhall_projection_epoch | projection | work's measuring |
| guildhall_migrations_missing | schema | work's measuring |
| guildhall_release_info | service, release | work's measuring |
| guildhall_dependency_answers | dependency (database, broker, mail) | work's measuring; mail: whoever sends it |
| guildhall_log_errors_total | level, event | the log: errors, and warnings that name one |
| guildhall_deliveries_total | consumer, topic, outcome (applied, repeated, parked) | consumers |
| guildhall_consumer_lag | consumer, topic, partition | consumers, work's measuring |
| guildhall_parked_subjects | consumer | work's measuring |
| guildhall_jobs_total | kind, state (done, failed, retried) | jobs |
| guildhall_timers_total | kind, outcome (fired, failed, parked) | timers |
| guildhall_timers_parked | | timers: over 0 is an alarm |
"""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_REQUESTS = Counter("guildhall_http_requests", "Answers given.", ["method", "route", "status"], registry=REGISTRY)
HTTP_SECONDS = Histogram(
    "guildhall_http_request_seconds",
    "Time to the end of the answer.",
    ["method", "route"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
HTTP_IN_FLIGHT = Gauge("guildhall_http_in_flight", "Requests being served.", registry=REGISTRY)

RELAY_SENT = Counter("guildhall_relay_sent", "Signals that Kafka has.", ["topic"], registry=REGISTRY)
RELAY_ELECTED = Gauge("guildhall_relay_elected", "Whether this process relays.", registry=REGISTRY)
BROKER_IS_ANOTHER = Gauge(
    "guildhall_broker_is_another", "Whether the broker lacks what was sent before.", registry=REGISTRY
)
OUTBOX_UNSENT = Gauge("guildhall_outbox_unsent", "Signals that wait for the relay.", registry=REGISTRY)

OUTBOX_OLDEST = Gauge(
    "guildhall_outbox_oldest_unsent_seconds", "Age of the signal that waits longest.", registry=REGISTRY
)
OUTBOX_UNSENT_BY_CELL = Gauge(
    "guildhall_outbox_unsent_by_cell", "Signals that wait for the relay.", ["cell"], registry=REGISTRY
)

PROJECTION_EPOCH = Gauge("guildhall_projection_epoch", "The active epoch.", ["projection"], registry=REGISTRY)
MIGRATIONS_MISSING = Gauge(
    "guildhall_migrations_missing", "Migrations of this release that the database lacks.", ["schema"], registry=REGISTRY
)
RELEASE = Gauge("guildhall_release_info", "1, for the release that runs.", ["service", "release"], registry=REGISTRY)
DEPENDENCY_ANSWERS = Gauge(
    "guildhall_dependency_answers", "1, or 0 while it does not answer.", ["dependency"], registry=REGISTRY
)
LOGGED = Counter(
    "guildhall_log_errors", "Errors logged, and warnings that name one.", ["level", "event"], registry=REGISTRY
)

DELIVERIES = Counter(
    "guildhall_deliveries", "Deliveries dealt with.", ["consumer", "topic", "outcome"], registry=REGISTRY
)
CONSUMER_LAG = Gauge(
    "guildhall_consumer_lag", "Records not read yet.", ["consumer", "topic", "partition"], registry=REGISTRY
)
PARKED_SUBJECTS = Gauge("guildhall_parked_subjects", "Subjects that wait.", ["consumer"], registry=REGISTRY)

JOBS = Counter("guildhall_jobs", "Jobs that came to an end or a retry.", ["kind", "state"], registry=REGISTRY)

TIMERS = Counter("guildhall_timers", "Timers that came due.", ["kind", "outcome"], registry=REGISTRY)
TIMERS_PARKED = Gauge("guildhall_timers_parked", "Timers that were given up.", registry=REGISTRY)


def text() -> bytes:
    """Everything counted so far, in Prometheus' text format (`CONTENT_TYPE`)."""
    return generate_latest(REGISTRY)
