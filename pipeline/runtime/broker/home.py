"""The user's cache folder: jars, and the data of `kairec kafka start`."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the folder that holds all we keep; `KAIREC_HOME` overrides it."""
    chosen = os.environ.get("KAIREC_HOME")
    return Path(chosen or platformdirs.user_cache_dir("kairec")).resolve()
