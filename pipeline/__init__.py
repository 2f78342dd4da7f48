"""Verbs: what is done with the records of `topics`."""
