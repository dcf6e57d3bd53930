"""What the engine costs, measured beside two floors of the same run: ``make bench``."""
