"""Verbs: what is done with the records of `topics`."""

import hashlib
import os
from pathlib import Path

import platformdirs

# Before numpy is imported: a worker is one thread, scaled by starting more workers. Two
# threads of BLAS on busy cores wait for each other and made learning six times slower.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def _kernel_cache() -> Path:
    """Where compiled kernels are kept: one folder for each version of the sources.

    numba looks at the file of a kernel alone, not at those of the kernels it calls; and
    a copy of the sources elsewhere, or of another time, it compiles anew.
    """
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted((Path(__file__).parent / "logic").rglob("*.py")):
        digest.update(source.read_bytes())
        digest.update(f"{source} {source.stat().st_mtime_ns}".encode())
    home = os.environ.get("KAIREC_HOME") or platformdirs.user_cache_dir("kairec")
    return Path(home).resolve() / "kernels" / digest.hexdigest()


os.environ.setdefault("NUMBA_CACHE_DIR", str(_kernel_cache()))
