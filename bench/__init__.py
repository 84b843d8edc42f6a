"""Benchmarks that a user can run with `make bench`: each figure beside a no-op request of the same run."""
