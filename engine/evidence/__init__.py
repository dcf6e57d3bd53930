"""Evidence: whatever a page, ledger or export shows as fact is covered.

Either it is rebuilt from the lines of its case and compared (``folding``), or the row itself stands in a chain
(``chain``), or it is recomputed from what is covered. ``covered`` says for every table and column which, and why what
is left out is no evidence; ``verifying`` looks at all of it.
"""
