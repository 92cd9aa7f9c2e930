"""Fraud review: which orders should we stop, and which should we let go?"""

from ml.fraud.capability import FRAUD
from ml.fraud.kept import FraudModel

__all__ = ["FRAUD", "FraudModel"]
