"""Names for the arrays that logic works on."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
Slots = NDArray[np.int64]
Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
