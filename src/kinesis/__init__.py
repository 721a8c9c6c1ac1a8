"""Muscle-driven human movement: a body follows a motion, and learns to.

The rooms, left to right, each importing only from those before it:
body, motion, sim, command, task, learn, evaluate, analysis, view, cli.
"""

import os

# Idle OpenMP threads of torch that spin take the cores from the simulator: 1,500 against 7,700 control steps/s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
