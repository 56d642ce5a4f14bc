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


def recurrent(cell, make, layers, bidirectional=False, lengths=None, projection=0, batch=3, steps=4, inputs=7, hidden=5):
    """Outputs, final states and all gradients of the loss Σ output·a + Σ final·b, from a given state and from zeros."""
    projected = {"proj_size": projection} if projection else {}
    model = make(inputs, hidden, layers, batch_first=True, bidirectional=bidirectional, dtype=torch.float64, **projected)
    directions = 2 if bidirectional else 1
    sizes = {"h": projection or hidden, "c": hidden}
    states = ["h", "c"] if cell == "lstm" else ["h"]
    for parameter in model.parameters():
        parameter.data = parameter.data.float().double()
    x = given(batch, steps, inputs).requires_grad_()
    initial = {f"{state}0": given(layers * directions, batch, sizes[state]).requires_grad_() for state in states}
    cotangents = {"output": given(batch, steps, directions * sizes["h"])}
    cotangents |= {state: given(layers * directions, batch, sizes[state]) for state in states}
    utilities = torch.nn.utils.rnn

    def run(prefix, start):
        leaves = {"x": x} | start | dict(model.named_parameters())
        packed = tuple(start.values()) if cell == "lstm" else next(iter(start.values()), None)
        sequences = utilities.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False) if lengths else x
        output, final = model(sequences, packed or None) if cell == "lstm" else model(sequences, packed)
        if lengths:
            output, _ = utilities.pad_packed_sequence(output, batch_first=True, total_length=steps)
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
    form = ("-bidirectional" if bidirectional else "") + ("-projected" if projection else "") + ("-packed" if lengths else "")
    write(f"{cell}-{layers}{form}.txt", given_numbers | run("", initial) | zeros)


cells = {
    "rnn": torch.nn.RNN,
    "rnn-relu": lambda *a, **k: torch.nn.RNN(*a, nonlinearity="relu", **k),
    "lstm": torch.nn.LSTM,
    "gru": torch.nn.GRU,
}
for number_of_layers in (1, 3):
    for cell, make in cells.items():
        recurrent(cell, make, number_of_layers)


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
for cell, make in cells.items():
    recurrent(cell, make, 1, lengths=[2, 4, 1])
    recurrent(cell, make, 2, bidirectional=True)
    recurrent(cell, make, 3, bidirectional=True, lengths=[3, 1, 4])


def normalizations(batch=5, steps=7, size=9, lengths=(4, 7, 0, 1, 6)):
    """Layer normalisation; batch normalisation of two training steps, over the steps that are there, then at inference."""
    torch.manual_seed(20160721)
    there = (torch.arange(steps) < torch.tensor(lengths)[:, None])[..., None]
    layer, batch_norm = torch.nn.LayerNorm(size).double(), torch.nn.BatchNorm1d(size, momentum=0.25).double()
    xs = [(2 * given(batch, steps, size) + 3).float().double().requires_grad_() for _ in range(2)]
    cotangent = given(batch, steps, size)
    tensors = {"x0": xs[0], "x1": xs[1], "cotangent": cotangent, "lengths": torch.tensor(lengths)}

    def record(prefix, module, x, output):
        names, leaves = zip(("x", x), *module.named_parameters())
        gradients = torch.autograd.grad((output * cotangent).sum(), leaves)
        tensors.update({f"{prefix}.output": output})
        tensors.update({f"{prefix}.gradient.{name}": gradient for name, gradient in zip(names, gradients)})

    for prefix, module in {"layer": layer, "batch": batch_norm}.items():
        for name, parameter in module.named_parameters():
            parameter.data = given(size)
            tensors[f"{prefix}.{name}"] = parameter.data.clone()
    record("layer", layer, xs[0], layer(xs[0]))
    for masked in (False, True):
        module = torch.nn.BatchNorm1d(size, momentum=0.25).double()
        module.load_state_dict(batch_norm.state_dict())
        chosen = there.expand(-1, -1, size) if masked else torch.ones(batch, steps, size, dtype=torch.bool)
        prefix = "masked" if masked else "batch"

        def run(x):
            rows = module(x[chosen].reshape(-1, size))
            return torch.zeros_like(x).masked_scatter(chosen, rows)

        for step, x in enumerate(xs):
            record(f"{prefix}.{step}", module, x, run(x))
            for name in ("running_mean", "running_var"):
                tensors[f"{prefix}.{step}.{name}"] = getattr(module, name).clone()
        module.eval()
        tensors[f"{prefix}.inference"] = run(xs[0])
    write("normalizations.txt", tensors)


def attentions(batch=3, queries=2, steps=7, query=5, key=6, size=9, hidden=4):
    """Contexts, weights and all gradients of each score, over lengths of which one is 0, or all steps."""
    torch.manual_seed(20150409)
    lengths = torch.tensor([4, 0, 7])
    q, k, v = given(batch, queries, query), given(batch, steps, key), given(batch, steps, size)
    same = given(batch, queries, key)
    weights = {"additive.query": given(hidden, query), "additive.key": given(hidden, key), "additive.score": given(hidden)}
    weights |= {"general.key": given(query, key)}
    leaves = {"queries": q, "keys": k, "values": v, "same": same} | weights
    for leaf in leaves.values():
        leaf.requires_grad_()
    scores = {
        "additive": lambda: torch.tanh(
            (q @ weights["additive.query"].T)[:, :, None] + (k @ weights["additive.key"].T)[:, None])
        @ weights["additive.score"],
        "dot": lambda: same @ k.transpose(1, 2),
        "general": lambda: q @ (k @ weights["general.key"].T).transpose(1, 2),
    }
    cotangents = {"context": given(batch, queries, size), "weights": given(batch, queries, steps)}
    tensors = leaves | {f"cotangent.{name}": value for name, value in cotangents.items()} | {"lengths": lengths}
    for name, score in scores.items():
        for masked in (False, True):
            there = torch.arange(steps) < (lengths if masked else torch.full((batch,), steps))[:, None, None]
            any_there = there.any(-1, keepdim=True)  # a softmax of nothing would be NaN
            probabilities = torch.softmax(score().masked_fill(~there & any_there, -torch.inf), -1) * any_there
            results = {"context": probabilities @ v, "weights": probabilities}
            loss = sum((results[key] * cotangents[key]).sum() for key in results)
            gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
            prefix = f"{name}.{'masked' if masked else 'full'}"
            tensors |= {f"{prefix}.{key}": value for key, value in results.items()}
            found = {key: value for key, value in zip(leaves, gradients) if value is not None}
            tensors |= {f"{prefix}.gradient.{key}": value for key, value in found.items()}
    write("attentions.txt", tensors)


normalizations()
attentions()

torch.manual_seed(20140205)
recurrent("lstm", torch.nn.LSTM, 1, projection=2)
recurrent("lstm", torch.nn.LSTM, 1, projection=2, lengths=[2, 4, 1])
recurrent("lstm", torch.nn.LSTM, 1, projection=2, bidirectional=True)
recurrent("lstm", torch.nn.LSTM, 3, projection=2, bidirectional=True, lengths=[3, 1, 4])
