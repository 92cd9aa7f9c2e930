"""What a command's exit status says, for scripts.

0   done
1   refused or failed; the error stream says why and what to do
2   the command line cannot be read
3   there is no such capability, version, job or activation
4   somebody else was faster, or it stands so already; nothing was changed
5   looked at, and something is wrong: drift beyond its bound, a model that is not well
70  something unexpected happened
"""

from __future__ import annotations

REFUSED, USAGE, NOT_FOUND, CONFLICT, ALARM = 1, 2, 3, 4, 5


def status_of(error: Exception) -> int:
    """Of a command that ended with this error."""
    # Here: most commands succeed, and these know a good part of the application.
    from app.services.activation import Overtaken
    from app.services.model_facts import NotFound
    from data_access.state.engine import StaleWriteError

    if isinstance(error, NotFound):
        return NOT_FOUND
    return CONFLICT if isinstance(error, StaleWriteError | Overtaken) else REFUSED
