"""Reading and judging a diagram without running it."""
