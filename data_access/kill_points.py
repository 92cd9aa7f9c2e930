"""Named places at which a test may kill the process with SIGKILL, as a power cut would.

``SHOPSIGHT_KILL_AT=name`` makes the first pass of that place the last act of the process. The
variable is read once, at import, so a place costs one comparison where it is not set.
"""

from __future__ import annotations

import os
import signal

_KILL_AT = os.environ.get("SHOPSIGHT_KILL_AT")


def kill_point(name: str) -> None:
    """End the process here with SIGKILL if ``SHOPSIGHT_KILL_AT`` names this place."""
    if _KILL_AT is not None and name == _KILL_AT:
        os.kill(os.getpid(), signal.SIGKILL)
