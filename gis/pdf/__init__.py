"""Furniture of printed documents: sheets with header and footer, text, tables, and boxes with maps."""
