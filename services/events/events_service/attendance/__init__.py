"""Attendance: who was there."""
