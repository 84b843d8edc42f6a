"""`python -m webapp.cli`: the command without its script being installed."""

from webapp.cli import main

main()
