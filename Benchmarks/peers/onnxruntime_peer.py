"""ONNX Runtime: inference alone, on models made here of its operators, with the weights as constants it may pack.

Sequences are `[steps, batch, inputs]`, as its recurrent operators have them; the array is turned before anything is timed.
Inputs and outputs are bound to memory beforehand.
"""

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from prepared import Prepared, plain

VERSION = "onnxruntime " + onnxruntime.__version__

# The operator, its activation, and where its gates lie among PyTorch's: lstm i o f c, gru z r h.
OPERATORS = {
    "lstm": ("LSTM", {}, [0, 3, 1, 2]),
    "gru": ("GRU", {"linear_before_reset": 1}, [1, 0, 2]),
    "rnn": ("RNN", {"activations": ["Tanh"]}, [0]),
    "rnn-relu": ("RNN", {"activations": ["Relu"]}, [0]),
}

options = onnxruntime.SessionOptions()


def start(threads):
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3


def prepare(work, training, case, arrays):
    works = {"matmul": matmul, "recurrence": recurrence, "streaming": streaming}
    if training or work not in works:
        raise NotImplementedError("is asked for forward passes of matmul, recurrence and streaming alone")
    if work == "recurrence" and len(case) > 6:
        raise NotImplementedError("is asked for no options")
    return works[work](case, arrays)


def session(nodes, inputs, outputs, constants):
    """A session of a graph; `inputs` and `outputs` are names with shapes."""
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes,
        "case",
        [value(*item) for item in inputs.items()],
        [value(*item) for item in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def bound(session, inputs, outputs):
    """A binding of names to arrays that stay where they are."""
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_ortvalue_input(name, value)
    for name, value in outputs.items():
        binding.bind_ortvalue_output(name, value)
    return binding


def ort(array):
    return onnxruntime.OrtValue.ortvalue_from_numpy(plain(array))


def zeros(shapes):
    return {name: ort(numpy.zeros(shape)) for name, shape in shapes.items()}


def matmul(case, arrays):
    a, b = arrays["a"], arrays["b"]
    shape = {"c": (*a.shape[:-1], b.shape[-1])}
    node = helper.make_node("MatMul", ["a", "b"], ["c"])
    run, result = session([node], {"a": a.shape}, shape, {"b": b}), zeros(shape)
    binding = bound(run, {"a": ort(a)}, result)
    call = lambda: run.run_with_iobinding(binding)
    call()
    return Prepared({"c": plain(result["c"].numpy())}, call)


def stack(case, arrays, steps, batch):
    """A session of layers upon each other: x and initial states in, the last layer's output and final states out."""
    kind, attributes, order = OPERATORS[case["cell"]]
    hidden, states = case["hidden"], 2 if case["cell"] == "lstm" else 1
    state = (1, batch, hidden)
    inputs, outputs = {"x": (steps, batch, case["inputs"])}, {"output": (steps, 1, batch, hidden)}
    nodes, constants, below = [], {"axis": numpy.array([1])}, "x"

    def gates(name, layer):
        array = arrays[f"recurrent.{name}_l{layer}"]
        return numpy.concatenate([array[gate * hidden : (gate + 1) * hidden] for gate in order])

    for layer in range(case["layers"]):
        constants[f"w{layer}"] = gates("weight_ih", layer)[None]
        constants[f"r{layer}"] = gates("weight_hh", layer)[None]
        constants[f"b{layer}"] = numpy.concatenate([gates("bias_ih", layer), gates("bias_hh", layer)])[None]
        initial = [f"initial.{index}.{layer}" for index in range(states)]
        final = [f"final.{index}.{layer}" for index in range(states)]
        inputs.update(dict.fromkeys(initial, state))
        outputs.update(dict.fromkeys(final, state))
        last = layer == case["layers"] - 1
        sequence = "output" if last else f"sequence{layer}"
        names = [below, f"w{layer}", f"r{layer}", f"b{layer}", "", *initial]
        nodes.append(helper.make_node(kind, names, [sequence, *final], hidden_size=hidden, **attributes))
        if not last:
            below = f"input{layer + 1}"
            nodes.append(helper.make_node("Squeeze", [sequence, "axis"], [below]))
    return session(nodes, inputs, outputs, constants), inputs, outputs


def recurrence(case, arrays):
    x = arrays["x"].transpose(1, 0, 2)
    run, inputs, outputs = stack(case, arrays, x.shape[0], x.shape[1])
    given = {"x": ort(x)}
    for name in inputs:
        if name != "x":
            _, index, layer = name.split(".")
            given[name] = ort(arrays[f"initial.{index}"][int(layer)][None])
    results = zeros(outputs)
    binding = bound(run, given, results)
    call = lambda: run.run_with_iobinding(binding)
    call()
    found = {"output": plain(results["output"].numpy()[:, 0].transpose(1, 0, 2))}
    for index in range(2 if case["cell"] == "lstm" else 1):
        layers = [results[f"final.{index}.{layer}"].numpy() for layer in range(case["layers"])]
        found[f"state.{index}"] = plain(numpy.concatenate(layers))
    return Prepared(found, call)


def streaming(case, arrays):
    """Two bindings in turns: what one writes as final states the other reads as initial ones."""
    run, inputs, outputs = stack(case, arrays, 1, 1)
    x, output = ort(arrays["x"].transpose(1, 0, 2)), zeros({"output": outputs["output"]})
    states = [name.removeprefix("initial.") for name in inputs if name != "x"]
    sides = [{name: ort(numpy.zeros(inputs["initial." + name])) for name in states} for _ in range(2)]
    bindings = [
        bound(
            run,
            {"x": x, **{"initial." + name: sides[side][name] for name in states}},
            {**output, **{"final." + name: sides[1 - side][name] for name in states}},
        )
        for side in range(2)
    ]
    side = 0

    def call():
        nonlocal side
        run.run_with_iobinding(bindings[side])
        side = 1 - side

    written = []
    for _ in range(4):
        call()
        written.append(output["output"].numpy().flatten())
    return Prepared({"outputs": plain(numpy.concatenate(written))}, call)
