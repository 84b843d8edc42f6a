"""What this program calls itself in exports and at the command line."""

NAME = "stancemark"
VERSION = "0.1.0"
