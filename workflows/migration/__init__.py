"""Moving running cases to another release: a verdict on each, the move, the way back (URS-007)."""
