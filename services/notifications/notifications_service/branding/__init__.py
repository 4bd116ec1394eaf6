"""What networks change in the mails of themselves and all networks below them."""
