"""The figures: recounted from the inputs; small ones are suppressed where they leave their scope, and stay hidden."""

from guildhall_local.checker.finding import Check

CHECKS: list[Check] = []
