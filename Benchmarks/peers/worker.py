#!/usr/bin/env python3
"""The other side of `unroll-bench --peer`: one framework in a warm process.

    worker.py pytorch|onnxruntime --threads N

Reads requests and writes answers, one JSON object a line:

    (start)                                                   {"version": "torch 2.15.0"}
    {"work": .., "pass": .., "case": {..}, "arrays": FILE,    {"prepared": true}, or {"unsupported": REASON}
     "results": FILE}
    {"calls": N, "each": false}                               {"seconds": [mean]}, or one number for each call
    {"memory": true}                                          {"peak_memory_bytes": N}

`arrays` and `results` are safetensors files: the weights and inputs to use, and what came out of them, to be compared
before anything is timed. A framework is a module here with `VERSION`, `start(threads)` and `prepare(work, training, case,
arrays)`, which returns a `Prepared`.
"""

import argparse
import gc
import importlib
import json
import os
import resource
import sys
import time
import traceback

from safetensors.numpy import load_file, save_file


# Seconds of untimed calls before a round: until the threads are awake, each on a core of its own, and caches filled.
WARM = 0.008


def timed(call, calls, each):
    """Seconds a call, as this process sees them: the pipe does not count."""
    clock = time.perf_counter
    start = clock()
    while clock() - start < WARM:
        call()
    if each:
        seconds = []
        for _ in range(calls):
            start = clock()
            call()
            seconds.append(clock() - start)
        return seconds
    start = clock()
    for _ in range(calls):
        call()
    return [(clock() - start) / calls]


def rest():
    """Waits until the framework's threads have stopped spinning for more work (PyTorch's take 10 ms, ONNX Runtime's 40): they
    would slow down whoever has the next turn."""
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    for _ in range(60):
        before = spent()
        time.sleep(0.004)
        if spent() - before < 0.0004:
            return


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("framework", choices=["pytorch", "onnxruntime"])
    parse.add_argument("--threads", type=int, required=True)
    options = parse.parse_args()

    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    framework = importlib.import_module(options.framework + "_peer")
    framework.start(options.threads)
    answers.write(json.dumps({"version": framework.VERSION}) + "\n")
    gc.disable()
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "work" in request:
                prepared = None
                gc.collect()
                arrays = load_file(request["arrays"])
                prepared = framework.prepare(request["work"], request["pass"] == "training", request["case"], arrays)
                save_file(prepared.results, request["results"])
                answer = {"prepared": True}
                rest()
            elif "calls" in request:
                answer = {"seconds": timed(prepared.call, request["calls"], request["each"])}
                rest()
            else:
                answer = {"peak_memory_bytes": peak_memory()}
        except NotImplementedError as reason:
            answer = {"unsupported": str(reason)}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
