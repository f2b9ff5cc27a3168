"""The one way in which a program of this package says no."""


class Refusal(Exception):
    """One sentence with its full stop: what was got, under which option, and what is allowed."""
