"""Named places at which a test may kill the process with SIGKILL, as a power cut would.

``SHOPSIGHT_KILL_AT=name`` makes the first pass of that place the last act of the process. Each of
the places is beside a write to a disk, so reading the variable there costs nothing.
"""

from __future__ import annotations

import os
import signal


def kill_point(name: str) -> None:
    """End the process here with SIGKILL if ``SHOPSIGHT_KILL_AT`` names this place."""
    if os.environ.get("SHOPSIGHT_KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
