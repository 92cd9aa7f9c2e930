"""Backup, restore and upgrade of everything that Shopsight keeps."""

from app.backup.errors import BackupError
from app.backup.restoring import restore
from app.backup.taking import backup
from app.backup.upgrading import upgrade

__all__ = ["BackupError", "backup", "restore", "upgrade"]
