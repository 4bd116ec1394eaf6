"""Telling people who have moved on: a region hands the mail on, and the national deployment sends it, once."""
