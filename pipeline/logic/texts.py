"""How long texts are once written."""


def text_bytes(text: str) -> int:
    """Length of a text in UTF-8.

    >>> text_bytes("film"), text_bytes("Übung")
    (4, 6)
    """
    return len(text) if text.isascii() else len(text.encode())
