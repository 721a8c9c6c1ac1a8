"""A body simulated while it is watched: in the browser, by several people at once."""

from kinesis.view.live.session import Session

__all__ = ["Session"]
