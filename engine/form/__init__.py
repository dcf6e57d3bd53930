"""Forms: reading a form-js schema, and checking what a participant hands in against it."""

from __future__ import annotations

from engine.form.checking import check, typed
from engine.form.model import Field, Form, Option, Signing
from engine.form.reading import read

__all__ = ["Field", "Form", "Option", "Signing", "check", "read", "typed"]
