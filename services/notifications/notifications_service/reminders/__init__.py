"""Those with a place are reminded of an event some time before it starts, whenever that comes to be."""
