"""From an item of a stream to a signed POST that a partner has answered."""
