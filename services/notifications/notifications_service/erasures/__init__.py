"""Somebody is forgotten: nothing is sent to them, nothing of theirs is kept, and partners are told to do the same."""
