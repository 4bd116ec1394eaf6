"""Tickets: what somebody with a place shows at the door, signed, so that nobody can make one themselves."""
