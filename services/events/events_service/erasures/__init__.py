"""Somebody is forgotten: what is to come is cancelled in their name, and their name is gone."""
