"""What a framework makes of a case."""

from dataclasses import dataclass
from typing import Callable

import numpy


@dataclass
class Prepared:
    """`results` by name, float32 and contiguous, from the first run; `call` is what is timed."""

    results: dict
    call: Callable


def plain(array):
    """As a safetensors file takes it."""
    return numpy.ascontiguousarray(array, dtype=numpy.float32)
