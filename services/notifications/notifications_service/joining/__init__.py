"""Leads hear that somebody asks to join, and whoever asked hears what was decided."""
