"""Model servers on loopback ports, one for each candidate, started as an instance starts its own."""
