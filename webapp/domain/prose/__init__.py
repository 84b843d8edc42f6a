"""A text as units, tokens and quotations, and who is likely to speak. Knows texts only, no labels."""
