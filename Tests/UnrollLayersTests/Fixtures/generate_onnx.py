"""Writes onnx-*.txt beside it from ONNX Runtime: python generate_onnx.py (needs onnx and onnxruntime; the format is that of
generate.py, with 7 digits of what comes out: ONNX Runtime computes in float32)

A fixture has the weights of two directions in ONNX's own layout, and the results of every case of its operator. A case's name
is what makes it, joined by semicolons: attributes of the operator, `peepholes`, `initial` (states) and `sequence_lens`. This
is the only list of cases: the tests read the names.

ONNX Runtime 1.31 on its processor, where the specification leaves room:
- `clip` bounds what goes into the activations of gates, not c on its way to h;
- with `input_forget` f is 1 − i, whatever its weights and peephole;
- a row of length 0 ends with states of zeros, even from others: such rows are here from zeros alone;
- Affine, ScaledTanh and ThresholdedRelu without alpha and beta get zeros: here they always have both.
"""
import pathlib
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

random = np.random.default_rng(20171219)
batch, steps, inputs, hidden = 5, 7, 9, 3
directions = {"forward": slice(0, 1), "reverse": slice(1, 2), "bidirectional": slice(0, 2)}
lengths, with_none = "sequence_lens=4,7,1,6,3", "sequence_lens=4,0,7,0,2"
gates = {"LSTM": 4, "GRU": 3, "RNN": 1}
states = {"LSTM": ["h", "c"], "GRU": ["h"], "RNN": ["h"]}
# How many functions each operator takes, and what it has where none are named.
functions = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
# In the order that sets a bounded one beside one that grows; numbers are alpha and beta.
activations = [
    "Sigmoid", "Softsign", "HardSigmoid:0.3:0.4", "Elu:0.7", "Tanh", "Relu", "Affine:0.8:0.1", "LeakyRelu:0.2",
    "ThresholdedRelu:0.15", "ScaledTanh:1.2:0.7", "Softplus",
]


def cases(operator):
    """What makes each case, apart from what is the operator's own."""
    rotations = [[activations[(first + place) % len(activations)] for place in range(len(functions[operator]))]
                 for first in range(len(activations))]
    defaults = ["HardSigmoid", "LeakyRelu", "Elu"][: len(functions[operator])]
    chosen = [f"activations={','.join(names)}" for names in rotations + [defaults] if names != functions[operator]]
    found = [[direction, *start] for direction in directions for start in ([], ["initial"])]
    found += [[direction, "initial", lengths] for direction in directions]
    found += [["bidirectional", with_none]]
    found += [[direction, "initial", "clip=0.3"] for direction in directions]
    found += [["forward", "initial", names] for names in chosen]
    return found + [["bidirectional", "initial", lengths, "clip=0.4", chosen[2]]]


def all_cases():
    for case in cases("RNN"):
        yield "RNN", case
    for reset in ("linear_before_reset=1", "linear_before_reset=0"):
        for case in cases("GRU"):
            yield "GRU", [*case, reset]
    for case in cases("LSTM"):
        yield "LSTM", case
    for direction in directions:
        yield "LSTM", [direction, "initial", "peepholes"]
        yield "LSTM", [direction, "initial", "input_forget=1"]
    for rest in (["peepholes"], ["input_forget=1"], ["peepholes", "input_forget=1"]):
        yield "LSTM", ["bidirectional", "initial", lengths, "clip=0.4", *rest]
    yield "LSTM", [*cases("LSTM")[-1], "peepholes", "input_forget=1"]


def given(*shape):
    return (0.4 * random.standard_normal(shape)).round(3).astype(np.float32)


def attributes(operator, case, count):
    """The operator's attributes; functions and their numbers once for each of `count` directions."""
    found = {"direction": case[0], "hidden_size": hidden}
    for part in case[1:]:
        key, _, value = part.partition("=")
        if key == "clip":
            found[key] = float(value)
        elif key in ("input_forget", "linear_before_reset"):
            found[key] = int(value)
        elif key == "activations":
            named = [name.split(":") for name in value.split(",")] * count
            found[key] = [name[0] for name in named]
            found["activation_alpha"] = [float(name[1]) for name in named if len(name) > 1]
            found["activation_beta"] = [float(name[2]) for name in named if len(name) > 2]
    return {key: value for key, value in found.items() if value != []}


def run(operator, case, weights):
    """Outputs `[batch, steps, directions · hidden]` and final states `[directions, batch, hidden]`."""
    chosen = directions[case[0]]
    feeds = {"X": weights["x"].transpose(1, 0, 2)} | {name: weights[name][chosen] for name in "WRB"}
    order = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
    for part in case[1:]:
        if part.startswith("sequence_lens"):
            feeds["sequence_lens"] = np.array(part.partition("=")[2].split(","), np.int32)
        elif part == "initial":
            feeds |= {f"initial_{state}": weights[f"{state}0"][chosen] for state in states[operator]}
        elif part == "peepholes":
            feeds["P"] = weights["P"][chosen]
    names = [name if name in feeds else "" for name in order]
    while not names[-1]:
        names.pop()
    outputs = ["Y"] + [f"Y_{state}" for state in states[operator]]
    node = helper.make_node(operator, names, outputs, **attributes(operator, case, len(feeds["W"])))
    kinds = {name: TensorProto.INT32 if name == "sequence_lens" else TensorProto.FLOAT for name in feeds}
    graph = helper.make_graph(
        [node], operator,
        [helper.make_tensor_value_info(name, kinds[name], value.shape) for name, value in feeds.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    y, *final = session.run(None, {name: np.ascontiguousarray(value) for name, value in feeds.items()})
    return {"output": y.transpose(2, 0, 1, 3).reshape(batch, steps, -1)} | dict(zip(states[operator], final))


def line(name, values, digits="%s"):
    """`%s` has as many digits as give a float32 back."""
    return " ".join([name, ",".join(map(str, values.shape))] + [digits % value for value in values.reshape(-1)]) + "\n"


lines, seen, weights = {}, {}, {}
for operator in gates:
    rows = gates[operator] * hidden
    weights[operator] = {"x": given(batch, steps, inputs), "W": given(2, rows, inputs), "R": given(2, rows, hidden)}
    weights[operator] |= {"B": given(2, 2 * rows), "P": given(2, 3 * hidden)} | {
        f"{state}0": given(2, batch, hidden) for state in states[operator]}
    if operator != "LSTM":
        del weights[operator]["P"]
    lines[operator] = [line(name, values) for name, values in weights[operator].items()]
    seen[operator] = []
for operator, case in all_cases():
    results = run(operator, case, weights[operator])
    # Whatever makes a case shows in its results, within float32's reach.
    signature = np.concatenate([value.reshape(-1) for value in results.values()])
    assert np.isfinite(signature).all() and 0.1 < np.abs(signature).max() < 100, (operator, case)
    assert all(other.shape != signature.shape or np.abs(other - signature).max() > 1e-3 for other in seen[operator]), case
    seen[operator].append(signature)
    lines[operator] += [line(f"{';'.join(case)}|{name}", value, "%.7g") for name, value in results.items()]
for operator, text in lines.items():
    (pathlib.Path(__file__).parent / f"onnx-{operator.lower()}.txt").write_text("".join(text))
