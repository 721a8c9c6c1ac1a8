"""How this package refuses: one sentence that says what, where, got, expected and the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

NOT_GIVEN: Final = object()
LONGEST_VALUE = 120
LONGEST_LIST = 8


class KinesisError(Exception):
    """Root of every error that this package raises on purpose; its text is one sentence for the user.

    Quotes, where wanted, are up to the caller; long values are cut, line ends removed.

    >>> print(KinesisError("time goes back", where="walk.mot, line 12", got=0.31, expected="more than 0.32"))
    walk.mot, line 12: time goes back; got 0.31, expected more than 0.32.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        got: object = NOT_GIVEN,
        expected: object = NOT_GIVEN,
        hint: str | None = None,
    ) -> None:
        facts = [f"got {_plain(got)}"] if got is not NOT_GIVEN else []
        facts += [f"expected {_plain(expected)}"] if expected is not NOT_GIVEN else []
        parts = [what.rstrip("."), ", ".join(facts), hint or ""]
        text = "; ".join(part for part in parts if part)
        text = f"{where}: {text}" if where else text
        super().__init__(text if text.endswith(("?", "!", ".")) else f"{text}.")

    @staticmethod
    def unknown(kind: str, name: str, known: Iterable[str], *, where: str | None = None) -> UnknownName:
        """Error for a `name` that is not among the `known` names of a `kind`; names the nearest ones.

        >>> print(KinesisError.unknown("muscle", "soleus_rr", ["soleus_l", "soleus_r", "tibant_r"]))
        there is no muscle 'soleus_rr'; did you mean soleus_r or soleus_l?
        """
        hint = _suggestion(name, list(known))
        return UnknownName(f"there is no {kind} {_plain(name)!r}", where=where, hint=hint)


class UnknownName(KinesisError, LookupError):
    """A name was asked for that nothing carries; made by `KinesisError.unknown`."""


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """At most `count` of the `known` names that look like `name`, the likest first, whatever the case."""
    spelled: dict[str, str] = {}
    for candidate in known:
        spelled.setdefault(candidate.lower(), candidate)
    return [spelled[match] for match in get_close_matches(name.lower(), spelled, n=count, cutoff=0.6)]


def _suggestion(name: str, known: Sequence[str]) -> str:
    if close := nearest(name, known):
        return f"did you mean {_listed(close, last='or')}?"
    if not known:
        return "none is known"
    if len(known) > LONGEST_LIST:
        return f"known are {', '.join(known[:LONGEST_LIST])} and {len(known) - LONGEST_LIST} more"
    return f"known {'is' if len(known) == 1 else 'are'} {_listed(known, last='and')}"


def _listed(names: Sequence[str], *, last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _plain(value: object) -> str:
    """The value on one line, cut where it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
