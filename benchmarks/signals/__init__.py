"""Relay, consumers, announcements: what figures about signals share."""
