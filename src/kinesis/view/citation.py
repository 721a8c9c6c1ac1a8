"""The works that this package builds on and asks to be cited with it, as in CITATION.cff."""

from __future__ import annotations

WORKS = (
    (
        "The method",
        "Simos M., Chiappa A. S., Mathis A. (2026). KINESIS: Motion Imitation for Human Musculoskeletal Locomotion. "
        "IEEE International Conference on Robotics and Automation. doi:10.48550/arXiv.2503.14637",
    ),
    (
        "The body",
        "Caggiano V., Wang H., Durandau G., Sartori M., Kumar V. (2022). MyoSuite: A contact-rich simulation suite "
        "for musculoskeletal motor control. doi:10.48550/arXiv.2205.13600",
    ),
    (
        "The model that the legs derive from",
        "Rajagopal A., Dembia C. L., DeMers M. S., Delp D. D., Hicks J. L., Delp S. L. (2016). Full-Body "
        "Musculoskeletal Model for Muscle-Driven Simulation of Human Gait. IEEE Transactions on Biomedical "
        "Engineering. doi:10.1109/TBME.2016.2586891",
    ),
)
"""What a work gave, and how it is cited."""
