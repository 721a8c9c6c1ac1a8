"""Physics in batches."""

from kinesis.sim.backend import Backend
from kinesis.sim.cpu import CpuSim
from kinesis.sim.native import Controller

__all__ = ["Backend", "Controller", "CpuSim"]
