"""What can go wrong between a person and an app, in one class."""


class AppError(Exception):
    """A file, a data set or an argument will not do: one line, cause and remedy."""
