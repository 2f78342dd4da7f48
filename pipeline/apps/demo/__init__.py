"""The whole loop on a real stream, shown live: what `make run` runs."""
