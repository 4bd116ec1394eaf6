"""Counts of people as the facts have them: exact, for whoever may know them and for disclosure control."""
