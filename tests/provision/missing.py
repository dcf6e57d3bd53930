"""The one way of saying that the machine lacks something and that it could not be fetched either."""

from __future__ import annotations


class Missing(Exception):
    """Something is neither there nor to be had; the message says what to install."""
