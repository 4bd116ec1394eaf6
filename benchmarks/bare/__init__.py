"""The bare sides: the least that does the same work, made of libraries alone."""
