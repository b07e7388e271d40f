"""Array types, and what functions that numpy and JAX share call each other by.

Most of `control` and `embodiments` is written once for both: the CPU simulator and inference pass
numpy as `xp`, compiled rollouts `jax.numpy`. Shapes are written with jaxtyping, with these names:
`T` control steps, `B` robots, `S` stages, `C` command channels, `F` command features, `nq`, `nv`
and `nu` as in MuJoCo, `nj` joints, `nb` bodies, `ne` end effectors, `no` observation, `...` any.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Xp: TypeAlias = Any  # the module numpy or jax.numpy: neither describes the other's functions
Array: TypeAlias = Any  # np.ndarray or jax.Array, whichever came in; jaxtyping adds the shape
Floats: TypeAlias = NDArray[np.float32]
