"""Rules of the house that no linter knows: who may import whom, words, sizes, and docs that agree with the code."""
