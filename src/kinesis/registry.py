"""A table of named things, so that adding one is one file and one registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from kinesis.errors import KinesisError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries of one `kind`, in the order in which they were registered.

    >>> greetings: Registry[str] = Registry("greeting")
    >>> greetings.register("formal")("Good day")
    'Good day'
    >>> greetings.get("formal")
    'Good day'
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters what it decorates under `name`; a name that is taken is refused."""

        def enter(entry: T) -> T:
            if name in self._entries:
                raise KinesisError(f"the {self.kind} {name!r} is registered twice", got=entry)
            self._entries[name] = entry
            return entry

        return enter

    def get(self, name: str) -> T:
        """The entry called `name`; raises UnknownName with the nearest names."""
        if name not in self._entries:
            raise KinesisError.unknown(self.kind, name, self._entries)
        return self._entries[name]

    def names(self) -> tuple[str, ...]:
        """All names, in order of registration."""
        return tuple(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries
