"""What makes a SavedModel faster on this machine, measures it, and finds the settings to serve it with."""
