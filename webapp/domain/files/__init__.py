"""Files that come in and go out: their columns, and their lines as records that can be trusted, each fault named."""
