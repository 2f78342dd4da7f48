"""Measurements that anyone can repeat, each beside its bar."""
