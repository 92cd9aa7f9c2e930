"""The demo shop "Alder & Finch": a shop whose truth is known."""

from data_access.sources.demo.extending import ExtendReport, extend_demo
from data_access.sources.demo.making import make_demo

__all__ = ["ExtendReport", "extend_demo", "make_demo"]
