"""What arrives from the topics, kept so that the order in which topics interleave changes nothing."""
