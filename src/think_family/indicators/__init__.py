"""The catalogue of indicators, for people who read it rather than query it."""
