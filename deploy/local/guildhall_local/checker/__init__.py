"""Checks what came of the story, knowing nothing of how Guildhall works: only inputs, answers and what is stored."""
