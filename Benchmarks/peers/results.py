#!/usr/bin/env python3
"""Tables of several runs of `unroll-bench`, the medians of each figure.

    for run in 1 2 3; do unroll-bench all --peer all --json > run$run.json; done
    python3 Benchmarks/peers/results.py run*.json [--readme]

Prints a line a case, then a line a group of cases. `--readme` writes the first table into Benchmarks/README.md and the
second into README.md, with the date and the machine.

    for run in 1 2 3; do unroll-bench options --device all --peer pytorch --json > run$run.json; done
    python3 Benchmarks/peers/results.py --options run*.json [--readme]

Prints, and writes into Benchmarks/README.md, what each option of a recurrence costs.
"""

import argparse
import datetime
import json
import math
import os
import statistics

import side_by_side

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = {"pytorch": "PyTorch", "onnxruntime": "ONNX Runtime"}


FIGURES = ("milliseconds", "gflops", "fraction_of_peak", "fraction_of_bandwidth", "ratio_to_plain")


def read(paths, device="cpu"):
    """{(work, case, pass): {figure: median of the runs}} of a device, ratios under the peers' names."""
    seen = {}
    for path in paths:
        with open(path) as file:
            for line in file:
                one = json.loads(line)
                if not one["device"].startswith(device):
                    continue
                figures = seen.setdefault((one["work"], one["case"], one["pass"]), {})
                row = {name: one.get(name) for name in FIGURES}
                row["memory"] = one.get("peak_memory_mb")
                row[one["peer"]] = one["ratio"]
                row[f"{one['peer']} memory"] = one.get("peer_peak_memory_mb")
                for name, value in row.items():
                    if value is not None:
                        figures.setdefault(name, []).append(value)
    return {key: {name: statistics.median(all) for name, all in figures.items()} for key, figures in seen.items()}


def case_table(results):
    lines = [
        "| work | case | pass | ms | of the peak | ÷ PyTorch | ÷ ONNX Runtime |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for (work, case, passes), figures in results.items():
        peak = figures.get("fraction_of_peak")
        ratios = [f"{figures[peer]:.2f}" if peer in figures else "" for peer in PEERS]
        lines.append(
            f"| {work} | {case.replace(',', ' ')} | {passes} | {figures['milliseconds']:.4g} | "
            f"{'' if peak is None else format(peak, '.0%')} | {' | '.join(ratios)} |"
        )
    return "\n".join(lines)


def group(work, case, passes):
    """The line of the short table a case counts in."""
    if work != "recurrence":
        return work
    cell, _, hidden, batch = case.split(",")[:4]
    size = "batch 1" if batch == "1" else "hidden ≥ 256" if int(hidden) >= 256 else "hidden 64 to 200"
    return f"{cell}, {size}, {passes}"


def mean(ratios):
    """The mean that does not depend on which side is the numerator, and the least."""
    if not ratios:
        return ""
    least = f" ({min(ratios):.2f})" if len(ratios) > 1 else ""
    return f"{math.exp(statistics.mean(map(math.log, ratios))):.2f}{least}"


def group_table(results):
    lines = ["| | cases | of the peak | ÷ PyTorch (least) | ÷ ONNX Runtime (least) |", "|---|---:|---:|---:|---:|"]
    groups = {}
    for key, figures in results.items():
        groups.setdefault(group(*key), []).append(figures)
    for name, cases in groups.items():
        peaks = sorted({format(figures["fraction_of_peak"], ".0%") for figures in cases}, key=lambda text: int(text[:-1]))
        peak = " to ".join(dict.fromkeys([peaks[0], peaks[-1]]))
        ratios = [mean([figures[peer] for figures in cases if peer in figures]) for peer in PEERS]
        lines.append(f"| {name} | {len(cases)} | {peak} | {' | '.join(ratios)} |")
    return "\n".join(lines)


def option_table(results):
    """A line an option, two columns a cell and size: operations, and the time over that of the plain cell."""
    sizes, lines = [], {}
    for (work, case, _), figures in results.items():
        cell, _, hidden, batch, steps, _, *options = case.split(",")
        size = f"{cell} {hidden} × {batch} × {steps}"
        if size not in sizes:
            sizes.append(size)
        # Those that combine are not the same for every cell.
        name = "all that combine" if len(options) > 4 else ", ".join(options) or "none"
        text = f"{figures['gflops']:.0f}", f"{figures['ratio_to_plain']:.2f}"
        if "pytorch" in figures:
            text = text[0], f"{text[1]} ({figures['pytorch']:.1f})"
        lines.setdefault(name, {})[size] = " | ".join(text)
    header = "".join(f" {size}, GFLOP/s | × plain |" for size in sizes)
    rows = [f"| {name} | " + " | ".join(line.get(size, " | ") for size in sizes) + " |" for name, line in lines.items()]
    return "\n".join([f"| |{header}", "|---" + "|---:" * 2 * len(sizes) + "|"] + rows)


def show(table, name, readme, is_written):
    print(table + "\n")
    if is_written:
        side_by_side.write_readme(table, name, os.path.join(HERE, "..", readme))


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("runs", nargs="+", help="what `unroll-bench --json` printed")
    parse.add_argument("--readme", action="store_true", help="write the tables into the READMEs")
    parse.add_argument("--options", action="store_true", help="of `unroll-bench options`")
    options = parse.parse_args()
    where = f"medians of {len(options.runs)} runs; {side_by_side.machine()}, {datetime.date.today()}.\n\n"
    if options.options:
        tables = {"CPU": option_table(read(options.runs)), "OpenCL": option_table(read(options.runs, "opencl"))}
        text = "\n\n".join(f"{device}:\n\n{table}" for device, table in tables.items())
        show("`unroll-bench options`, " + where + text, "options", "README.md", options.readme)
        return
    results = read(options.runs)
    about = "`unroll-bench all --peer all`, " + where
    without = {key: figures for key, figures in results.items() if key[0] != "options"}
    show(about + case_table(without), "benchmarks", "README.md", options.readme)
    show(about + group_table(without), "benchmarks", "../README.md", options.readme)


if __name__ == "__main__":
    main()
