"""Calendars: secret addresses where a calendar program follows a person's events, or a network's."""
