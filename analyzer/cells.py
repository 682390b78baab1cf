"""Cells of tables that a spreadsheet may open: what it would take for a formula begins with an apostrophe, as a guard."""

import re

_FORMULA = re.compile("""[\\s"'`\u00a0\ufeff\u200b]*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]""")


def is_formula(cell: str) -> bool:
    """True for a cell that a spreadsheet may take for a formula, also behind blanks and quotation marks."""
    return _FORMULA.match(cell) is not None


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that keeps it from being a formula: ids and texts as they were before they were written."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell
