"""How fast Guildhall is, said as a ratio to the least that could do the same work on the same machine."""
