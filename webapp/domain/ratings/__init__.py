"""Tables of ratings, who gave which value to which unit: what agreement on categories is made of."""
