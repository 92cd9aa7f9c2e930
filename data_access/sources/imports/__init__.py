"""Importing other shops' files: Online Retail, Olist, and the canonical layout."""

from data_access.sources.imports.refusal import ImportRefused, Offence
from data_access.sources.imports.report import ImportReport, Ledger, Note, Part, TableChange
from data_access.sources.imports.running import run_import
from data_access.sources.imports.sources import ImportSource, recognise
from data_access.sources.imports.template import write_template

__all__ = [
    "ImportRefused",
    "ImportReport",
    "ImportSource",
    "Ledger",
    "Note",
    "Offence",
    "Part",
    "TableChange",
    "recognise",
    "run_import",
    "write_template",
]
