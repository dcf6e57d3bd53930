"""``python -m web.translations``: bring every catalogue up to date with what the program says."""

from __future__ import annotations

import sys

from web.translations import ROOT, TRANSLATED, update

for locale in TRANSLATED:
    for path, waiting in update(locale).items():
        sys.stdout.write(f"{path.relative_to(ROOT)}: {waiting} without a translation\n")
