"""What `reproduce.sh` does: makes the data that `unroll` reads, runs every row, writes the table.

A row is one task on one set of data: a command line for each seed, the figure of its JSON line that counts, and what it
must reach. The figure of a row is the mean over its seeds. Settings were chosen on training and validation rows.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import zipfile
from datetime import date

from reproduce_rows import rows


def prepare(data, work):
    """Files in forms `unroll` reads, made from those in forms of their own."""
    if not os.path.exists(f"{data}/translation/cmudict.zip"):
        return
    with zipfile.ZipFile(f"{data}/translation/cmudict.zip") as archive:
        name = max(archive.namelist(), key=lambda n: archive.getinfo(n).file_size)
        lines = archive.read(name).decode("latin-1").splitlines()
    seen = set()
    with open(f"{work}/cmudict.tsv", "w") as file:
        for line in lines:
            parts = line.split()
            # Alphabetic words; phonemes without stress marks.
            if len(parts) < 3 or not re.fullmatch("[A-Za-z]+", parts[0]):
                continue
            phonemes = [re.sub("[0-9]", "", phoneme) for phoneme in parts[2:]]
            pair = f"{parts[0].lower()}\t{' '.join(phonemes)}\n"
            # Pronunciations that differ in stress alone are one.
            if pair not in seen:
                file.write(pair)
            seen.add(pair)


def parts_of(rows, only):
    names = only.split(",") if only else [row["name"] for row in rows]
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        sys.exit(f"--only {', '.join(sorted(unknown))}: there are {', '.join(row['name'] for row in rows)}")
    return [row for row in rows if row["name"] in names]


def once(command, log):
    """One run: its JSON line, and the seconds it took."""
    start = time.monotonic()
    with open(log, "a") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{open(log).read()[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1]), time.monotonic() - start


def measure(row, places, unroll, log):
    """The figures of a row, one for each seed, and what else its first run tells."""
    fill = lambda text: [part.format(**places) for part in text.split()]
    figures, seconds, beside, first = [], [], {}, None
    for seed in row["seeds"]:
        folder = f"{places['work']}/{row['name']}-{seed}"
        for before in row.get("before", []) if seed == row["seeds"][0] else []:
            subprocess.run([unroll] + fill(before), stdout=subprocess.DEVNULL, check=True)
        command = [unroll] + fill(row["command"]) + ["--device", row.get("device", "cpu")]
        if command[1] == "train":
            command += ["--seed", str(seed), "--output", folder]
        result, took = once(command + ["--json"], log)
        first = first or result
        figures.append(row["figure"](result))
        seconds.append(took)
        for key, value in result.items():
            is_baseline = key.startswith("baseline_") and not key.endswith(("_rmse", "_mae"))
            if key in row["beside"] or is_baseline:
                beside.setdefault(key.removeprefix("baseline_"), []).append(value)
        print(f"{row['name']} seed {seed}: {figures[-1]:.4f} in {took:.0f} s", flush=True)
    return {
        "name": row["name"],
        "figure": statistics.mean(figures),
        "spread": max(figures) - min(figures),
        "seconds": statistics.mean(seconds),
        "parameters": first.get("parameters"),
        "device": first.get("device"),
        "beside": {key: statistics.mean(values) for key, values in beside.items()},
        "machine": f"{os.cpu_count()} cores of {processor()}, {date.today()}",
    }


def processor():
    names = (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line)
    return next(names, "a processor")


def table(rows, results):
    """The rows that were run, as Markdown."""
    machines = sorted({result["machine"] for result in results.values()})
    lines = [
        f"`Benchmarks/reproduce.sh --data DIR`, {'; '.join(machines)}. Means over the seeds; the bar is what it must reach,",
        "a plain PyTorch model on two cores behind it; what is bold does not.",
        "",
        "| task | on | measure | reached | bar | beside it | device | seeds | seconds a run |",
        "|---|---|---|---:|---:|---|---|---:|---:|",
    ]
    commands = ["", "<details><summary>Command lines</summary>", ""]
    for row in rows:
        result = results.get(row["name"])
        if result is None:
            continue
        sign = "≥" if row["more"] else "≤"
        reached = result["figure"] >= row["bar"] if row["more"] else result["figure"] <= row["bar"]
        figure = f"{result['figure']:.4f}" if reached else f"**{result['figure']:.4f}**"
        lines.append(
            f"| {row['task']} | {row['on']} | {row['measure']} | {figure} | {sign} {row['bar']} |"
            f" {', '.join(f'{key} {value:.4f}' for key, value in result['beside'].items())} |"
            f" {result['device']} | {len(row['seeds'])} | {result['seconds']:.0f} |"
        )
        command = row["command"].format(data="DIR", work="WORK")
        commands.append(f"* {row['task']}, {row['on']}: `unroll {command} --seed N`")
    return "\n".join(lines + commands + ["", "</details>"])


def replace(path, mark, text):
    """Puts the text between the marks of a page."""
    page = open(path).read()
    start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    head, rest = page.split(start, 1)
    tail = rest.split(end, 1)[1]
    new = f"{path}.new"
    with open(new, "w") as file:
        file.write(f"{head}{start}\n{text}\n{end}{tail}")
    os.replace(new, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["prepare", "run"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--unroll")
    parser.add_argument("--only", help="names of rows, with commas")
    parser.add_argument("--output", help="figures as JSON; rows that are there already are kept")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    arguments = parser.parse_args()
    if arguments.step == "prepare":
        return prepare(arguments.data, arguments.work)

    if arguments.readme and arguments.only and not arguments.output:
        sys.exit("--readme with --only needs --output, where the other rows' figures are kept")
    results, failed = {}, []
    if arguments.output and os.path.exists(arguments.output):
        results = {result["name"]: result for result in json.load(open(arguments.output))}
    places = {"data": arguments.data, "work": arguments.work}
    for row in parts_of(rows, arguments.only):
        try:
            results[row["name"]] = measure(row, places, arguments.unroll, f"{arguments.work}/log")
        except (RuntimeError, KeyError, subprocess.CalledProcessError) as error:
            failed.append(row["name"])
            print(f"{row['name']} failed: {error}", file=sys.stderr, flush=True)
            continue
        if arguments.output:
            with open(arguments.output + ".new", "w") as file:
                json.dump(list(results.values()), file, indent=2, ensure_ascii=False)
            os.replace(arguments.output + ".new", arguments.output)
    text = table(rows, results)
    print(text)
    if arguments.readme:
        replace("README.md", "tasks", text)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
