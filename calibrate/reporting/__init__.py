"""The audit report: one JSON document, and the pages and tables that are rendered from it alone."""
