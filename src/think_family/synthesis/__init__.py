"""A synthetic city: what truly happens in it (the world), and how its agencies record it."""
