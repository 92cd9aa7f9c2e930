"""How long tests wait: long, since only something that never comes is a fault."""

from __future__ import annotations

PATIENCE_S = 240.0
"""For what comes within seconds on a quiet machine, on one that is busy with everything else."""

BUSY = 10
"""Times a promised number of seconds, beyond which a test fails: the fault that it looks for takes
minutes. The promise itself is measured by `make bench`, on a quiet machine."""
