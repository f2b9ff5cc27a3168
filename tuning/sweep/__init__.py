"""Which serving options suit a model on this machine: candidates are real servers, measured side by side."""
