"""Risk scores: how they are fitted, applied, and assessed against what came after."""
