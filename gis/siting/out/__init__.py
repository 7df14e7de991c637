"""A siting result as files: map page, report, layers, tables."""
