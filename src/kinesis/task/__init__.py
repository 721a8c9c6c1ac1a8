"""What a body is judged by."""

from kinesis.task.config import TaskConfig, Term
from kinesis.task.env import Env, StepResult
from kinesis.task.recipes import TASKS

__all__ = ["TASKS", "Env", "StepResult", "TaskConfig", "Term"]
