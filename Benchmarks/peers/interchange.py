#!/usr/bin/env python3
"""A model that Unroll trained, loaded by PyTorch: it must foresee a text as well and write the same.

    python Benchmarks/peers/interchange.py --model DIR --text FILE [--unroll .build/release/unroll]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import torch
from safetensors.torch import load_file

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from language_model import LanguageModel  # noqa: E402

parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parse.add_argument("--model", required=True)
parse.add_argument("--text", required=True)
parse.add_argument("--unroll", default=".build/release/unroll")
options = parse.parse_args()


def unroll(*arguments):
    done = subprocess.run([options.unroll, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"unroll {' '.join(arguments)}\n{done.stderr}")
    return done.stdout


with open(os.path.join(options.model, "config.json")) as file:
    config = json.load(file)
vocabulary = config["vocabulary"]
size = SimpleNamespace(**{key: config[key] for key in ("cell", "hidden", "layers", "embedding", "dropout")})
model = LanguageModel(len(vocabulary), size).double().eval()
weights = load_file(os.path.join(options.model, "model.safetensors"))
model.load_state_dict({name: value.double() for name, value in weights.items()}, strict=True)

with open(options.text, encoding="utf-8") as file:
    text = file.read(60)  # one window of one row, whatever the layout
indices = torch.tensor([[vocabulary.index(character) for character in text]])
with torch.no_grad():
    logits, _ = model(indices[:, :-1], None)
    expected = torch.nn.functional.cross_entropy(logits[0], indices[0, 1:]).item()
with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
    file.write(text)
    file.flush()
    found = json.loads(unroll("evaluate", "--model", options.model, "--text", file.name, "--json").splitlines()[-1])["nats"]
print(f"nats: PyTorch {expected:.6f}, Unroll {found:.6f}")
if abs(found - expected) > 1e-4:
    sys.exit("PyTorch and Unroll foresee the same text differently")

prompt, length = text[:8], 40
with torch.no_grad():
    written, state = prompt, None
    logits, state = model(indices[:, :8], None)
    for _ in range(length):
        choice = logits[0, -1].argmax().item()
        written += vocabulary[choice]
        logits, state = model(torch.tensor([[choice]]), state)
theirs = unroll(
    "generate", "--model", options.model, "--prompt", prompt, "--length", str(length), "--temperature", "0"
)
print(f"greedy text: {written!r}")
if theirs.rstrip("\n") != written.rstrip("\n"):
    sys.exit(f"Unroll wrote {theirs!r}")
print("PyTorch reads what Unroll wrote")
