"""Arithmetic on plain values and numpy arrays; knows no record."""
