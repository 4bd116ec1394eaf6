"""The load: a process of its own that only sends prepared bytes and reads answers."""
