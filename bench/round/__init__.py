"""A whole round on the released processes: time, memory, size, and whether anything slows down."""
