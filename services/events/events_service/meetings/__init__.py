"""Meetings: how regularly the members of a network come to the meetings that it holds."""
