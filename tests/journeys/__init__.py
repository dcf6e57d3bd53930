"""Whole ways through the processes, by the people whose work it is, in a real browser."""
