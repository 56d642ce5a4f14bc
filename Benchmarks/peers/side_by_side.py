#!/usr/bin/env python3
"""`unroll train language-model` and its PyTorch twin, interleaved on the same text and machine.

    python3 Benchmarks/peers/side_by_side.py [--text FILE] [--python PYTHON] [--unroll BINARY] [--rounds 3] [-- flags]

Prints one line a run, then a table: the loss, tokens per second (median of the rounds) and their ratio to PyTorch's.
Without `--text` a text of random letters is written: good for speed; there is nothing to learn but their frequencies. `--readme` writes the
table into README.md, with the date and the machine.
"""

import argparse
import datetime
import json
import os
import platform
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


README = os.path.join(os.path.dirname(TWIN), "..", "..", "README.md")


def machine():
    """The processor and how many of its cores this process has."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores of {name}"


def table(results, flags, text):
    """Markdown: one line a peer, the median of its runs."""
    lines = [
        f"`unroll train language-model {' '.join(flags)}` on {text}, interleaved with the same model in PyTorch; "
        f"{machine()}, {datetime.date.today()}.",
        "",
        "| | validation, nats | tokens/s | to PyTorch | memory, MB |",
        "|---|---|---|---|---|",
    ]
    median = {
        name: {key: statistics.median(run[key] for run in runs) for key in ("tokens_per_second", "peak_memory_mb")}
        for name, runs in results.items()
    }
    ratios = {name: m["tokens_per_second"] / median["torch"]["tokens_per_second"] for name, m in median.items()}
    for name, runs in results.items():
        speed, memory = median[name]["tokens_per_second"], median[name]["peak_memory_mb"]
        loss = statistics.median(run["validation_nats"] for run in runs)
        title = runs[0]["device"] if name == "torch" else f"unroll, {name}"
        lines.append(f"| {title} | {loss:.4f} | {speed:,.0f} | {ratios[name]:.2f} | {memory:,.0f} |")
    return "\n".join(lines), ratios


def write_readme(table, name="results", path=README):
    """Puts a table between the marks of that name."""
    with open(path) as file:
        text = file.read()
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = text.split(start)
    with open(path, "w") as file:
        file.write(before + start + table + "\n" + end + rest.split(end)[1])


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
    parse.add_argument("--within", type=float, help="fail where a device's loss is further from torch's than this")
    parse.add_argument("--readme", action="store_true", help="write the table into README.md")
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

    title = os.path.basename(options.text) if options.text else "random letters"
    result, ratios = table(results, flags, title)
    print("\n" + result)
    if options.readme:
        write_readme(result)
    first = list(peers)[1]
    loss = {name: statistics.median(run["validation_nats"] for run in runs) for name, runs in results.items()}
    for name in peers:
        if options.within and abs(loss[name] - loss["torch"]) > options.within:
            sys.exit(f"{name}: {loss[name]:.4f} nats are not within {options.within} of torch's {loss['torch']:.4f}")
    if options.least and ratios[first] < options.least:
        sys.exit(f"{first} is slower than {options.least} x torch")


if __name__ == "__main__":
    main()
