#!/usr/bin/env python3
"""The PyTorch twin of `unroll train language-model`: the same model, layout of the text, losses and optimizer.

    python Benchmarks/peers/language_model.py --text FILE [--cell lstm] [--hidden 256] ...   (the command's own flags)

The last line of standard output is one JSON object, with the keys of the command's `--json`.
"""

import argparse
import json
import math
import resource
import time

import torch
from torch import nn

LOG2 = math.log(2)


class LanguageModel(nn.Module):
    """embedding -> recurrent stack with dropout between its layers -> dropout -> linear"""

    def __init__(self, vocabulary, options):
        super().__init__()
        kinds = {"lstm": (nn.LSTM, {}), "gru": (nn.GRU, {}), "rnn": (nn.RNN, {"nonlinearity": "tanh"})}
        recurrent, more = kinds[options.cell]
        between = options.dropout if options.layers > 1 else 0
        self.embedding = nn.Embedding(vocabulary, options.embedding)
        self.recurrent = recurrent(
            options.embedding, options.hidden, options.layers, batch_first=True, dropout=between, **more
        )
        self.dropout = nn.Dropout(options.dropout)
        self.linear = nn.Linear(options.hidden, vocabulary)

    def forward(self, inputs, state):
        outputs, state = self.recurrent(self.embedding(inputs), state)
        return self.linear(self.dropout(outputs)), state


def rows(characters, batch, steps, last=False):
    """Windows of inputs and targets `[batch, steps]` of `batch` contiguous rows of the text, the remainder dropped;
    with `last`, what is left of the rows is one more, shorter window."""
    length = (len(characters) - 1) // batch
    inputs = characters[: batch * length].view(batch, length)
    targets = characters[1 : batch * length + 1].view(batch, length)
    end = length if last else length - steps + 1
    return [(inputs[:, i : i + steps], targets[:, i : i + steps]) for i in range(0, end, steps)]


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def train_epoch(model, optimizer, windows, clip):
    state = None
    for inputs, targets in windows:
        optimizer.zero_grad(set_to_none=True)
        logits, state = model(inputs, state)
        nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        state = detached(state)


@torch.no_grad()
def validate(model, windows):
    model.eval()
    state, total = None, 0.0
    for inputs, targets in windows:
        logits, state = model(inputs, state)
        total += nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()
    model.train()
    return total / sum(targets.numel() for _, targets in windows)


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--text", required=True)
    parse.add_argument("--cell", choices=["rnn", "lstm", "gru"], default="lstm")
    for name, value in dict(hidden=128, layers=2, embedding=32, batch=16, steps=64, epochs=20, seed=1).items():
        parse.add_argument(f"--{name}", type=int, default=value)
    rates = {"learning-rate": 0.004, "dropout": 0.0, "clip": 5.0, "validation": 0.1}
    for name, value in rates.items():
        parse.add_argument(f"--{name}", type=float, default=value)
    parse.add_argument("--threads", type=int, default=torch.get_num_threads())
    parse.add_argument("--seconds", type=float, default=math.inf, help="stop after the epoch that passes this time")
    options = parse.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)

    with open(options.text, encoding="utf-8", newline="") as file:
        text = file.read()
    vocabulary = {character: i for i, character in enumerate(sorted(set(text)))}
    characters = torch.tensor([vocabulary[character] for character in text])
    split = len(characters) - max(2, int(len(characters) * options.validation))
    training = rows(characters[:split], options.batch, options.steps)
    # A short text is validated in fewer rows.
    fewer = min(options.batch, max(1, (len(characters) - split - 1) // options.steps))
    validation = rows(characters[split:], fewer, options.steps, last=True)
    model = LanguageModel(len(vocabulary), options)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)

    history, seconds = [], 0.0
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        train_epoch(model, optimizer, training, options.clip)
        seconds += time.perf_counter() - start
        history.append(validate(model, validation))
        rate = epoch * len(training) * options.batch * options.steps / seconds
        print(f"epoch {epoch}: validation {history[-1]:.4f} nats, {rate:.0f} tokens/s", flush=True)
        if seconds > options.seconds:
            break
    best = min(history)
    report = {
        "validation_nats": best,
        "validation_bits": best / LOG2,
        "epochs": len(history),
        "tokens_per_second": rate,
        "seconds": seconds,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "device": f"torch {torch.__version__}, {options.threads} threads",
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "history": history,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
