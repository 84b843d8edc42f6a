"""Pure rules in the expert's words: no Flask, no SQLAlchemy, no I/O, no clock, no randomness that is not passed in."""
