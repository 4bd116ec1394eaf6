"""Joining: the link to an online event, which never leaves this service by itself."""
