"""Mails that came back: read from a mailbox folder, each once, and believed only where they name a mail of ours."""
