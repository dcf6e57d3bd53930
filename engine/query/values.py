"""Values of one instance, as far as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from engine import access, feel, variables

if TYPE_CHECKING:
    from engine.runtime import View

Value = TypeVar("Value")


class Reader:
    """What the actor of a view sees of one instance; asks the database once, however many values are shown."""

    def __init__(self, view: View, instance_id: str) -> None:
        self._view = view
        self._instance_id = instance_id
        self.sight = access.sight(view, instance_id)

    def shown(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Of these values, by name, those that the actor may see."""
        return access.shown(self._view.actor, self.sight, values, self._decide)

    def on_request(self, names: Iterable[str]) -> frozenset[str]:
        """Of these names, those whose values the actor is shown only if they have said why they look."""
        actor, values = self._view.actor, dict.fromkeys(names)
        without = access.shown(
            access.asking(actor, self._instance_id, has_asked=False), self.sight, values, self._decide
        )
        having = access.shown(access.asking(actor, self._instance_id), self.sight, values, self._decide)
        return frozenset(having.keys() - without.keys())

    def _decide(self, conditions: Sequence[str]) -> Sequence[bool]:
        names = frozenset[str]().union(*(feel.names(each) for each in conditions))
        stored = variables.read(self._view.connection, self._instance_id, {0}, names)
        context = {name: stored.get((0, name)) for name in names}
        return self._view.evaluator.decide(conditions, context)
