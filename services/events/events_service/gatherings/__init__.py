"""Events: drafted, published, changed, cancelled."""
