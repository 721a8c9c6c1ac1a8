"""How a policy improves."""

from kinesis.learn.checkpoint import Card, Checkpoint, load_checkpoint, save_checkpoint
from kinesis.learn.networks import Policy

__all__ = ["Card", "Checkpoint", "Policy", "load_checkpoint", "save_checkpoint"]
