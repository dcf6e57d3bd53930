"""Lists, tasks, cases, what one may start: the pages of everybody who takes part."""

from web.inbox.routes import bp

__all__ = ["bp"]
