"""What must hold when processes die, race, or are cut off (T1–T4 of the reliability list)."""
