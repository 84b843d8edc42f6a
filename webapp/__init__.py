"""Stancemark: label who says what about it in news articles."""
