"""Pairs of numbers, each once: values of several rows combined per pair."""

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint32]
Values = npt.NDArray[np.int64] | npt.NDArray[np.uint32]


def group_pairs(one: Keys, other: Keys, values: Values, how: np.ufunc) -> tuple[Keys, Keys, Values]:
    """Return the distinct pairs of both, sorted, ``values`` combined by an order-free ``how``."""
    # One number for both keys is sorted and grouped sooner than two columns are.
    numbers = (one.astype(np.uint64) << np.uint64(32)) | other
    order = np.argsort(numbers)
    numbers, values = numbers[order], values[order]
    first = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] + np.uint64(1)))
    pairs = numbers[first]
    together: Values = how.reduceat(values, first) if len(first) else values
    return (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32), together
