"""What the pages read: lists, one task, one case, its story.

Nothing here writes. Every row comes through ``access.visible`` and every value through ``access.shown``; the number of
statements does not depend on how much there is; long lists are read by key, never by offset.
"""
