"""Skyshade: drone operations and thermal mapping for cities."""

__version__ = "0.1.0"
