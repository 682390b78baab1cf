"""5 REPORT: a thread, its scores and decisions → a moderation report, as HTML, JSON, CSV or Markdown."""

from analyzer.reports.across import find_patterns
from analyzer.reports.index import build_index
from analyzer.reports.inert import csv_cell
from analyzer.reports.records import Index, Pattern, Report, ReportedComment
from analyzer.reports.redact import possible_names
from analyzer.reports.render import (
    FORMATS,
    page_environment,
    page_style,
    write_csv,
    write_html,
    write_json,
    write_markdown,
    write_reports,
)
from analyzer.reports.summary import build_report
from analyzer.reports.words import counts_in_words

__all__ = [
    "FORMATS",
    "Index",
    "Pattern",
    "Report",
    "ReportedComment",
    "build_index",
    "build_report",
    "counts_in_words",
    "csv_cell",
    "find_patterns",
    "page_environment",
    "page_style",
    "possible_names",
    "write_csv",
    "write_html",
    "write_json",
    "write_markdown",
    "write_reports",
]
