"""Registrations: a place at an event, or a place in its line."""
