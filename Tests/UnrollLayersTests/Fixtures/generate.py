"""Writes the fixtures beside it from PyTorch in float64: python generate.py

A line of a fixture is `name extents values`: extents joined by commas (`-` for a single number), values in row-major
order with the 17 digits that give a double back. What goes in is rounded to float32, so that every backend reads the
same numbers; what comes out has all the digits of a double.
"""
import pathlib
import torch

torch.manual_seed(20170612)
folder = pathlib.Path(__file__).parent


def given(*shape):
    """Random numbers that float32 holds exactly."""
    return torch.randn(*shape).float().double()


def write(name, tensors):
    def line(key, tensor):
        extents = ",".join(map(str, tensor.shape)) or "-"
        values = tensor.detach().reshape(-1).tolist()
        digits = "%d" if tensor.dtype == torch.int64 else "%.9g" if torch.equal(tensor, tensor.float().double()) else "%.17g"
        return " ".join([key, extents] + [digits % value for value in values])

    (folder / name).write_text("".join(line(key, tensor) + "\n" for key, tensor in tensors.items()))


def recurrent(cell, make, layers, batch=3, steps=4, inputs=7, hidden=5):
    """Outputs, final states and all gradients of the loss Σ output·a + Σ final·b, from a given state and from zeros."""
    model = make(inputs, hidden, layers, batch_first=True, dtype=torch.float64)
    states = ["h", "c"] if cell == "lstm" else ["h"]
    for parameter in model.parameters():
        parameter.data = parameter.data.float().double()
    x = given(batch, steps, inputs).requires_grad_()
    initial = {f"{state}0": given(layers, batch, hidden).requires_grad_() for state in states}
    cotangents = {"output": given(batch, steps, hidden)} | {s: given(layers, batch, hidden) for s in states}

    def run(prefix, start):
        leaves = {"x": x} | start | dict(model.named_parameters())
        packed = tuple(start.values()) if cell == "lstm" else next(iter(start.values()), None)
        output, final = model(x, packed or None) if cell == "lstm" else model(x, packed)
        results = dict(zip(["output"] + states, [output, *(final if cell == "lstm" else [final])]))
        loss = sum((results[key] * cotangents[key]).sum() for key in results)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        return {prefix + key: value for key, value in results.items()} | {
            f"{prefix}gradient.{key}": value for key, value in zip(leaves, gradients)
        }

    given_numbers = {"x": x} | initial | dict(model.named_parameters())
    given_numbers |= {f"cotangent.{key}": value for key, value in cotangents.items()}
    # From zeros, the input's gradient alone already depends on every gate of every step.
    zeros = {key: value for key, value in run("zeros.", {}).items() if "weight" not in key and "bias" not in key}
    write(f"{cell}-{layers}.txt", given_numbers | run("", initial) | zeros)


for layers in (1, 3):
    recurrent("rnn", torch.nn.RNN, layers)
    recurrent("rnn-relu", lambda *a, **k: torch.nn.RNN(*a, nonlinearity="relu", **k), layers)
    recurrent("lstm", torch.nn.LSTM, layers)
    recurrent("gru", torch.nn.GRU, layers)


def losses(batch=3, steps=5, classes=7):
    """Softmax and losses, with their gradients; the softmaxes weighted by a cotangent."""
    functional = torch.nn.functional
    x = (3 * given(batch, steps, classes)).float().double().requires_grad_()
    target, cotangent = given(batch, steps, classes), given(batch, steps, classes)
    classes_or_none = torch.randint(-1, classes, (batch, steps))
    classes_or_none[0, 0], classes_or_none[1, 2] = -1, classes - 1
    values = {
        "softmax": (functional.softmax(x, -1) * cotangent).sum(),
        "logSoftmax": (functional.log_softmax(x, -1) * cotangent).sum(),
        "crossEntropy": functional.cross_entropy(x.flatten(0, 1), classes_or_none.flatten(), ignore_index=-1),
        "meanSquaredError": functional.mse_loss(x, target),
    }
    gradients = {f"gradient.{key}": torch.autograd.grad(value, x)[0] for key, value in values.items()}
    write("losses.txt", {"x": x, "target": target, "cotangent": cotangent, "classes": classes_or_none} | values | gradients)


def layers(batch=2, steps=3, count=11, size=5, outputs=7):
    """An embedding with a repeated index and a linear layer on it, and all their gradients, clipped and not."""
    embedding = torch.nn.Embedding(count, size, dtype=torch.float64)
    linear = torch.nn.Linear(size, outputs, dtype=torch.float64)
    model = torch.nn.ModuleDict({"embedding": embedding, "linear": linear})
    for parameter in model.parameters():
        parameter.data = parameter.data.float().double()
    indices = torch.randint(0, count, (batch, steps))
    indices[1, 1] = indices[0, 0]
    cotangent = given(batch, steps, outputs)
    output = linear(embedding(indices))
    (output * cotangent).sum().backward()
    tensors = {"indices": indices, "cotangent": cotangent} | dict(model.named_parameters()) | {"output": output}
    tensors |= {f"gradient.{name}": parameter.grad.clone() for name, parameter in model.named_parameters()}
    tensors["norm"] = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.5)
    tensors |= {f"clipped.{name}": parameter.grad for name, parameter in model.named_parameters()}
    write("layers.txt", tensors)


losses()
layers()
