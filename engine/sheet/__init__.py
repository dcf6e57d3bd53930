"""Rows of a grid as a workbook (.xlsx): taken in within limits, typed cell by cell, and given out as plain cells."""

from engine.sheet.blank import Blank, blank
from engine.sheet.cells import Headed, Taken, fitted, headed
from engine.sheet.table import LIMIT, Sheet, read
from engine.sheet.written import write

__all__ = ["LIMIT", "Blank", "Headed", "Sheet", "Taken", "blank", "fitted", "headed", "read", "write"]
