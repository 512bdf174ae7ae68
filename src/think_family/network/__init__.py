"""Network: who is linked with whom by events that brought people together, and who is near whom."""
