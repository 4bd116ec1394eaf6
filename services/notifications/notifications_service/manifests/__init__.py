"""What a stream held each day, signed, so that a partner can prove that nothing is missing."""
