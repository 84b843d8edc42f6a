"""A frozen gold dataset: what its files say and how one compares with another. Pure, and known to no database."""
