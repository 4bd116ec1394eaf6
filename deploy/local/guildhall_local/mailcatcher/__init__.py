"""A mail server that delivers nothing: it keeps what it is sent, for people and programs to read."""
