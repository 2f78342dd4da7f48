"""Verbs: what is done with the records of `topics`."""

import os

# Before numpy is imported: a worker is one thread, scaled by starting more workers. Two
# threads of BLAS on busy cores wait for each other and made learning six times slower.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
