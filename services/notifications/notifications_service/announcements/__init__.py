"""An event announced to all who may come."""
