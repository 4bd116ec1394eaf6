"""Events and registrations as this service knows them: what a message about them needs, and no more."""
