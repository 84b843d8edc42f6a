"""The agreement report: figures with their intervals, as JSON, as CSV, and in words."""
