"""Stancemark: label who says what about it in news articles."""

__version__ = "1.0.0"
