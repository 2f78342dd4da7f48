"""Measuring lists on a stream: first a list is asked for, then the event is learnt."""
