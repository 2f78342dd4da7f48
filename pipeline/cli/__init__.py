"""The command line: one module a command or a group of them."""

from pipeline.cli.run import run

__all__ = ["run"]
