"""What `reproduce.sh` does: makes the data that `unroll` reads, runs every row, writes the table.

A row is one task on one set of data: command lines for each seed, measures of what they print as JSON, and the bars they
must reach. A figure is the mean over the row's seeds. Settings were chosen on training and validation rows.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from datetime import date

from reproduce_data import prepare
from reproduce_rows import rows, shown

# Of `unroll`, what takes no device or seed.
WITHOUT_DEVICE = ("make", "vectors")


def parts_of(rows, only):
    names = only.split(",") if only else [row["name"] for row in rows]
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        sys.exit(f"--only {', '.join(sorted(unknown))}: there are {', '.join(row['name'] for row in rows)}")
    return [row for row in rows if row["name"] in names]


def python():
    """One that has what scripts import which others are compared with."""
    peers = os.path.expanduser("~/.cache/unroll/peers/bin/python")
    return os.environ.get("UNROLL_PEERS_PYTHON") or (peers if os.path.exists(peers) else sys.executable)


class Runner:
    """Runs command lines, in a folder."""

    def __init__(self, arguments):
        self.unroll, self.charts = arguments.unroll, arguments.charts
        self.places = {"data": arguments.data, "work": arguments.work}
        self.log = f"{arguments.work}/log"
        self.made = set()

    def complete(self, command, row, seed, number):
        """What is run: a row's command line with all that it leaves out."""
        run = f"{self.places['work']}/{row['name']}-{seed}"
        # Quotes hold words together.
        parts = [part.strip('"').format(**self.places, run=run) for part in re.findall(r'"[^"]*"|\S+', command)]
        if parts[0] == "python":
            return [python()] + parts[1:]
        if parts[0] not in WITHOUT_DEVICE:
            parts += ["--device", row["device"]]
        if parts[0] == "train":
            parts += ["--seed", str(seed)]
            if "--output" not in parts:
                parts += ["--output", run if number == 0 else f"{run}-{number}"]
        drawn = parts[0] == "train" or parts[:2] == ["inspect", "agreement"]
        if self.charts and drawn and seed == row["seeds"][0]:
            name = row["name"] if len(row["commands"]) == 1 or parts[0] != "train" else f"{row['name']}-{number + 1}"
            parts += ["--chart", f"{self.charts}/{name}.svg"]
        return [self.unroll] + parts + ([] if parts[0] == "make" else ["--json"])

    def make(self, row):
        """What several rows begin with, or what takes no time of theirs: once."""
        for command in row["before"]:
            if command in self.made:
                continue
            made = {**row, "seeds": [1], "commands": [command], "device": "cpu"}
            self.run(self.complete(command, made, 1, 0))
            self.made.add(command)

    def run(self, command):
        """One run: its JSON line, with `metrics` of every epoch where it trained."""
        with open(self.log, "a") as errors:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{open(self.log).read()[-2000:]}")
        if "--json" not in command and command[0] == self.unroll:
            return {}
        result = json.loads(done.stdout.strip().splitlines()[-1])
        if command[1] == "train":
            folder = command[command.index("--output") + 1]
            result["metrics"] = [json.loads(line) for line in open(f"{folder}/metrics.jsonl")]
        return result

    def measure(self, row):
        """The figures of a row."""
        self.make(row)
        runs, seconds, busy = [], [], []
        for seed in row["seeds"]:
            start, before = time.monotonic(), processor_time()
            commands = enumerate(row["commands"])
            runs.append([self.run(self.complete(command, row, seed, number)) for number, command in commands])
            seconds.append(time.monotonic() - start)
            busy.append(processor_time() - before)
            first = row["measures"][0]
            print(f"{row['name']} seed {seed}: {first.figure(runs[-1]):.4f} in {seconds[-1]:.0f} s", flush=True)
        return {
            "name": row["name"],
            "figures": [summary(measure, runs) for measure in row["measures"]],
            "beside": [summary(measure, runs) for measure in row["beside"]] + baselines(row, runs),
            "seconds": statistics.mean(seconds),
            "processor_seconds": statistics.mean(busy),
            "device": row["device"],
            "machine": f"{os.cpu_count()} cores of {processor()}, {date.today()}",
        }


def summary(measure, runs):
    figures = [measure.figure(run) for run in runs]
    return {"measure": measure.label, "figure": statistics.mean(figures), "spread": max(figures) - min(figures)}


def baselines(row, runs):
    """Those of the task's own in the last command's JSON that no measure has."""
    own = {measure.source for measure in row["measures"] + row["beside"]}
    keys = [key for key in runs[0][-1] if key.startswith("baseline_") and not key.endswith(("_rmse", "_mae"))]
    return [
        {"measure": readable(key.removeprefix("baseline_")), "figure": statistics.mean(run[-1][key] for run in runs)}
        for key in keys
        if key not in own
    ]


def readable(key):
    return key.replace("_r2", " R²").replace("_", " ")


def processor_time():
    """Seconds that all cores together have worked for commands so far: far below the time they took where others worked."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def processor():
    names = (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line)
    return next(names, "a processor")


def table(rows, results):
    """The rows that were run, as Markdown: a line for each measure."""
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
        beside = ", ".join(f"{entry['measure']} {shown(entry['figure'])}" for entry in result["beside"])
        figures = {entry["measure"]: entry["figure"] for entry in result["figures"]}
        seconds = f"{result['seconds']:.0f}" if result["seconds"] >= 0.5 else "< 1"
        ends = [row["task"], row["on"]], [beside, result["device"], str(len(row["seeds"])), seconds]
        for measure in row["measures"]:
            if measure.label in figures:
                lines.append("| " + " | ".join(ends[0] + measure.cells(figures[measure.label]) + ends[1]) + " |")
                ends = ["", ""], ["", "", "", ""]
        for number, command in enumerate(row["before"] + row["commands"]):
            text = command.format(data="DIR", work="WORK", run="RUN")
            text = text if text.startswith("python") else f"unroll {text}"
            text += " --seed N" if text.startswith("unroll train") else ""
            text += " --device opencl" if row["device"] == "opencl" and number >= len(row["before"]) else ""
            commands.append(f"* {row['task']}, {row['on']}: `{text}`")
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


def keep(path, result):
    """Puts a row's figures into the file of all rows, as it is now: others may have written to it."""
    results = stored(path)
    results[result["name"]] = result
    with open(path + ".new", "w") as file:
        json.dump(list(results.values()), file, indent=2, ensure_ascii=False)
    os.replace(path + ".new", path)


def stored(path):
    """The figures of rows that were run before."""
    if not path or not os.path.exists(path):
        return {}
    with open(path) as file:
        return {result["name"]: result for result in json.load(file)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["prepare", "run"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--unroll")
    parser.add_argument("--only", help="names of rows, with commas; 'none' runs none")
    parser.add_argument("--output", help="figures as JSON; rows that are there already are kept")
    parser.add_argument("--charts", help="a folder for the charts of the rows")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    arguments = parser.parse_args()
    if arguments.step == "prepare":
        return prepare(arguments.data, arguments.work)

    if arguments.readme and arguments.only and not arguments.output:
        sys.exit("--readme with --only needs --output, where the other rows' figures are kept")
    if arguments.charts:
        os.makedirs(arguments.charts, exist_ok=True)
    runner, results, failed, missed = Runner(arguments), stored(arguments.output), [], []
    for row in [] if arguments.only == "none" else parts_of(rows, arguments.only):
        try:
            results[row["name"]] = runner.measure(row)
        except (RuntimeError, LookupError, OSError, ValueError) as error:
            failed.append(row["name"])
            print(f"{row['name']} failed: {error!r}", file=sys.stderr, flush=True)
            continue
        figures = {entry["measure"]: entry["figure"] for entry in results[row["name"]]["figures"]}
        missed += [
            f"{row['name']}, {measure.label}: {shown(figures[measure.label])}, not {measure.bar}"
            for measure in row["measures"] if not measure.reached(figures[measure.label])
        ]  # fmt: skip
        if arguments.output:
            keep(arguments.output, results[row["name"]])
    text = table(rows, results | stored(arguments.output))
    print(text)
    if arguments.readme:
        replace("README.md", "tasks", text)
    if failed or missed:
        sys.exit("\n".join([f"failed: {name}" for name in failed] + [f"missed: {line}" for line in missed]))


main()
