"""The keys that the annotation page keeps for itself; a scheme may not take them."""

PAGE_KEYS: frozenset[str] = frozenset("jknqgrswliub")
