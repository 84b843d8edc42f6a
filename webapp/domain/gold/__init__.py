"""From labels of several annotators to one: proposals, every reason to ask a person, what the person decided."""
