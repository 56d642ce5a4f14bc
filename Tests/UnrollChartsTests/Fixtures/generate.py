"""Writes components.json: principal components by numpy's singular value decomposition.

    python3 -m venv ~/.cache/unroll/fixtures && ~/.cache/unroll/fixtures/bin/pip install numpy
    ~/.cache/unroll/fixtures/bin/python generate.py
"""

import json
import os

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))


def case(points, count):
    """Points as they are read back (float32), and what is expected of them."""
    points = np.asarray(points, dtype=np.float32).astype(np.float64).round(4)
    points = points.astype(np.float32)
    wide = points.astype(np.float64)
    centred = wide - wide.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:count]
    return {
        "points": [[round(float(value), 4) for value in row] for row in points],
        "directions": directions.tolist(),
        "variances": (spread[:count] ** 2 / (len(points) - 1)).tolist(),
        "coordinates": (centred @ directions.T).tolist(),
    }


random = np.random.default_rng(20240229)
cases = [
    case(random.normal(size=(23, 7)) * [1, 3, 0.5, 2, 1, 0.1, 4] + 5, 3),  # more points than dimensions
    case(random.normal(size=(6, 31)) * np.linspace(0.2, 2, 31), 2),  # more dimensions than points
]
with open(os.path.join(FOLDER, "components.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
