"""Where partners have their streams pushed to, and what signs it."""
