"""Mechanism without business words: signals, outbox, consumers, database, web chassis, clock, testing."""
