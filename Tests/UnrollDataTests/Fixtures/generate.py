"""Writes a safetensors file as Python does, beside this script: python generate.py

With the name of a file, checks instead that Python reads in it what SafetensorsTests wrote.
"""
import pathlib
import sys
import torch
from safetensors import safe_open
from safetensors.torch import save_file

if len(sys.argv) > 1:
    with safe_open(sys.argv[1], "pt") as file:
        assert file.metadata() == {"format": "pt", "note": "a \"quoted\"\nline, é"}, file.metadata()
        expected = {
            "weights": torch.tensor([[0.1, -2.5, 3e-38], [1e10, -0.0, 7]]),
            "counts": torch.tensor([1, -2, 2**31 - 1], dtype=torch.int32),
            "large": torch.tensor([2**53 + 1], dtype=torch.int64),
            "bytes": torch.tensor([[1], [255], [7]], dtype=torch.uint8),
            "scalar": torch.tensor(1 / 3, dtype=torch.float64),
            "none": torch.zeros(0, 4),
        }
        assert set(file.keys()) == set(expected), file.keys()
        for name, value in expected.items():
            found = file.get_tensor(name)
            assert found.dtype == value.dtype and torch.equal(found, value), name
else:
    values = torch.tensor([[0.5, -1.25, 65504.0], [2.0**-24, 1e-3, -0.0]])
    save_file(
        {
            "float64": torch.tensor([1 / 3, -1e300], dtype=torch.float64),
            "float32": values.clone(),
            "float16": values.half(),
            "bfloat16": values.bfloat16(),
            "int64": torch.tensor([[-(2**62)], [5]]),
            "int32": torch.tensor([3, -4], dtype=torch.int32),
            "uint8": torch.tensor([0, 200, 17], dtype=torch.uint8),
            "scalar": torch.tensor(0.1),
            "é \"": torch.zeros(0, 3),
        },
        pathlib.Path(__file__).parent / "python.safetensors", metadata={"by": "Python", "text": "ä\n"})
