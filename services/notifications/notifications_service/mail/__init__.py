"""From a row of the ledger to a mail that a server has taken."""
