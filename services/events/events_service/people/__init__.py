"""People: the names that stand on a door list, as membership tells them."""
