"""Each table of this service that holds something about persons, once: whose it is, and what an erasure does to it."""

from access import held as shared_holdings
from access.held import PSEUDONYMOUS
from servicekit.subjects import Holding, deletes, keeps

HELD = [
    Holding("ready_reports", deletes()),  # before the schedules, which they hang on
    Holding("report_schedules", deletes()),
    Holding("membership_versions", keeps(PSEUDONYMOUS)),
    Holding("registrations", keeps(PSEUDONYMOUS)),
    Holding("tellings", keeps(PSEUDONYMOUS)),
    *shared_holdings.HELD,
    Holding("export_files", deletes()),  # after the jobs: whoever is just writing one holds its job
]
