#!/usr/bin/env python3
"""`unroll train language-model` and its PyTorch twin, interleaved on the same text and machine.

    python3 Benchmarks/peers/side_by_side.py [--text FILE] [--python PYTHON] [--unroll BINARY] [--rounds 3] [-- flags]

Prints one line a run, then the ratio of tokens per second (median of the rounds) and both losses. Without `--text`
a text is written from a small alphabet: good for speed, its loss means nothing.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

TWIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "language_model.py")
FLAGS = (
    "--cell lstm --hidden 256 --layers 2 --embedding 64 --dropout 0.2 --batch 32 --steps 64 "
    "--learning-rate 0.002 --clip 5 --validation 0.1 --seed 1"
)


def last_line(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--text")
    parse.add_argument("--python", default=sys.executable, help="a Python that has torch")
    parse.add_argument("--unroll", default=".build/release/unroll")
    parse.add_argument("--devices", default="cpu", help="separated by commas")
    parse.add_argument("--epochs", type=int, default=1)
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--least", type=float, help="fail where the first device's ratio is below this")
    parse.add_argument("flags", nargs="*", help="of the training; default: " + FLAGS)
    options = parse.parse_args()
    flags = (options.flags or FLAGS.split()) + ["--epochs", str(options.epochs)]

    with tempfile.TemporaryDirectory() as work:
        text = options.text or os.path.join(work, "text")
        if not options.text:
            letters = random.Random(1).choices("abcdefghijklmnopqrstuvwxyz ,.\n", k=300_000)
            with open(text, "w") as file:
                file.write("".join(letters))
        peers = {"torch": [options.python, TWIN]}
        for device in options.devices.split(","):
            peers[device] = [options.unroll, "train", "language-model", "--json", "--device", device]
        results = {name: [] for name in peers}
        for round in range(options.rounds):
            for name, command in peers.items():
                output = [] if name == "torch" else ["--output", os.path.join(work, f"{name}-{round}")]
                result = last_line(command + ["--text", text] + flags + output)
                results[name].append(result)
                print(
                    f"{name:10} {result['tokens_per_second']:9.0f} tokens/s   {result['validation_nats']:.4f} nats   "
                    f"{result['peak_memory_mb']:.0f} MB",
                    flush=True,
                )

    speed = {name: statistics.median(r["tokens_per_second"] for r in runs) for name, runs in results.items()}
    for name in list(peers)[1:]:
        ratio = speed[name] / speed["torch"]
        print(f"{name} / torch: {ratio:.2f} x tokens/s")
    if options.least and speed[list(peers)[1]] / speed["torch"] < options.least:
        sys.exit(f"slower than {options.least} x torch")


if __name__ == "__main__":
    main()
