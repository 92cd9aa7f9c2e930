"""Models: frames and frozen dataclasses in, frames and frozen dataclasses out.

Imports neither streamlit, sqlalchemy nor anything of `app` and `data_access`.
"""

import os

# OpenMP's threads wait for one another by spinning. On a machine that is busy with pages this
# made a LightGBM fit of 1.4 s take 25 s, and took the time from the pages. It is read when the
# library is loaded, so it stands before any import of it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
