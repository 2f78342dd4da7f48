"""`kairec`, and `python -m pipeline`."""

from pipeline.cli import run


def main() -> None:
    """Run the command line."""
    run()


if __name__ == "__main__":
    main()
