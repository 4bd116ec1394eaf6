"""What stands in the way of a command, said to the person who gave it in one sentence."""


class Obstacle(Exception):
    """Its text is shown as it is, and the command ends with status 1."""
