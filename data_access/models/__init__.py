"""The model store: versions of models, their figures and their files.

Importing this package does not import MLflow, which takes a second and 150 MB; writing does.
"""

from __future__ import annotations

from data_access.models.safety import UnsafeFile, require_plain_files
from data_access.models.store import ModelStore
from data_access.models.version import ModelVersion, NewVersion

__all__ = ["ModelStore", "ModelVersion", "NewVersion", "UnsafeFile", "require_plain_files"]
