"""One blueprint a file: a view reads the request, calls one service, renders. No query, no rule."""
