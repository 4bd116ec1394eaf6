"""The links in mails that need no sign-in: to unsubscribe, and to confirm an address."""
