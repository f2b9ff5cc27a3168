"""Writes serving options to the instance this runs on, and takes them back if it got slower."""
