"""Makes a model faster, measures what it gained, and finds the settings that suit its machine."""
