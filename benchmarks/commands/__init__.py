"""Registrations and check-ins: a world for both sides, their servers, and the requests that they are sent."""
