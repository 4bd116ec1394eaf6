"""Somebody is forgotten: what was made for them is gone; what they are counted in stays, under a bare pseudonym."""
