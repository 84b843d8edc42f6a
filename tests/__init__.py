"""Real things only: real databases, a real server, a real browser; no doubles of our own parts, no skips."""
