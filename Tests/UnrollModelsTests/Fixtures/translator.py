"""Writes translator.safetensors beside it, from numpy in float64: python translator.py

A translator written out row by row and step by step, nothing padded and nothing at once: weights under the names of the
model's parameters, sources, targets (filled up with -1), the loss of all of them, and the attention of the first.
"""
import json
import pathlib
import struct

import numpy as np

rng = np.random.default_rng(20150817)
source_tokens, target_tokens, embedding, hidden, layers = 7, 8, 5, 6, 2
half = hidden // 2
sources = [[1, 4, 2, 6, 3], [5], [2, 2, 6]]
targets = [[3, 2, 7], [4, 4, 5, 2, 6], [1]]
end = 0


def lstm_shapes(name, inputs, size, suffix):
    return {
        f"{name}.weight_ih_{suffix}": (4 * size, inputs), f"{name}.weight_hh_{suffix}": (4 * size, size),
        f"{name}.bias_ih_{suffix}": (4 * size,), f"{name}.bias_hh_{suffix}": (4 * size,),
    }


shapes = {"source.weight": (source_tokens, embedding), "target.weight": (target_tokens, embedding)}
for layer in range(layers):
    for way in ["", "_reverse"]:
        shapes |= lstm_shapes("encoder", hidden if layer else embedding, half, f"l{layer}{way}")
    shapes |= lstm_shapes("decoder", hidden if layer else embedding, hidden, f"l{layer}")
shapes |= {"attention.key.weight": (hidden, hidden), "combine.weight": (hidden, 2 * hidden), "combine.bias": (hidden,)}
shapes |= {"linear.weight": (target_tokens, hidden), "linear.bias": (target_tokens,)}
w = {name: rng.uniform(-0.8, 0.8, shape).astype(np.float32).astype(float) for name, shape in shapes.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(name, suffix, steps, h, c):
    outputs = []
    for x in steps:
        gates = w[f"{name}.weight_ih_{suffix}"] @ x + w[f"{name}.bias_ih_{suffix}"]
        gates = gates + w[f"{name}.weight_hh_{suffix}"] @ h + w[f"{name}.bias_hh_{suffix}"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return outputs, h, c


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def translate(source, target):
    steps, states = [w["source.weight"][token] for token in source], []
    for layer in range(layers):
        zeros = np.zeros(half)
        forward, hf, cf = lstm("encoder", f"l{layer}", steps, zeros, zeros)
        backward, hb, cb = lstm("encoder", f"l{layer}_reverse", steps[::-1], zeros, zeros)
        steps = [np.concatenate(pair) for pair in zip(forward, backward[::-1])]
        states.append((np.concatenate([hf, hb]), np.concatenate([cf, cb])))
    read = np.array(steps)
    steps = [w["target.weight"][token] for token in [end] + target]
    for layer, (h, c) in enumerate(states):
        steps, _, _ = lstm("decoder", f"l{layer}", steps, h, c)
    total, looks = 0.0, []
    for h, wanted in zip(steps, target + [end]):
        weights = softmax(np.array([h @ (w["attention.key.weight"] @ s) for s in read]))
        seen = np.tanh(w["combine.weight"] @ np.concatenate([weights @ read, h]) + w["combine.bias"])
        total -= np.log(softmax(w["linear.weight"] @ seen + w["linear.bias"])[wanted])
        looks.append(weights)
    return total, np.array(looks)


results = [translate(source, target) for source, target in zip(sources, targets)]
loss = sum(total for total, _ in results) / sum(len(target) + 1 for target in targets)


def padded(rows):
    width = max(map(len, rows))
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int32)


arrays = {name: value.astype(np.float32) for name, value in w.items()}
arrays |= {"sources": padded(sources), "targets": padded(targets)}
arrays |= {"loss": np.array([loss]), "attention": results[0][1]}
header, body = {}, b""
for name, value in arrays.items():
    kind = {"float32": "F32", "float64": "F64", "int32": "I32"}[value.dtype.name]
    data = np.ascontiguousarray(value).tobytes()
    header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
path = pathlib.Path(__file__).with_name("translator.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + body)
print(loss)
