"""Writes optimizers.safetensors beside it from PyTorch in float64: python generate.py

For each optimizer: start.*, and after each of 8 steps with the gradients g.STEP.*, the parameters w.OPTIMIZER.STEP.*.
What goes in is rounded to float32, so that every backend reads the same numbers.
"""
import pathlib
import torch
from safetensors.torch import save_file

torch.manual_seed(20151222)
torch.set_default_dtype(torch.float64)  # NAdam keeps the product of its momenta in the default type
shapes = {"a": (5, 3), "b": (7,)}
steps = 8
given = lambda *shape: torch.randn(*shape, dtype=torch.float32).double()
start = {name: given(*shape) for name, shape in shapes.items()}
# Sizes from large to tiny, where bias correction and epsilon matter.
gradients = [{n: (given(*s) * 10.0 ** (1 - k)).float().double() for n, s in shapes.items()} for k in range(steps)]

optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd-momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.75, weight_decay=0.125),
    "adam": lambda p: torch.optim.Adam(p),
    "adam-decay": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.125),
    "adamw": lambda p: torch.optim.AdamW(p),
    "adamw-decay": lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.7, 0.9), eps=1e-4, weight_decay=0.25),
    "nadam": lambda p: torch.optim.NAdam(p),
    "nadam-decay": lambda p: torch.optim.NAdam(
        p, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.125, momentum_decay=0.5
    ),
    "rmsprop": lambda p: torch.optim.RMSprop(p),
    "rmsprop-momentum": lambda p: torch.optim.RMSprop(
        p, lr=0.02, alpha=0.75, eps=1e-3, momentum=0.5, weight_decay=0.125
    ),
    "rmsprop-centred": lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.75, eps=1e-2, centered=True),
    "rmsprop-all": lambda p: torch.optim.RMSprop(
        p, lr=0.02, alpha=0.875, eps=1e-2, momentum=0.75, centered=True, weight_decay=0.25
    ),
    "adagrad": lambda p: torch.optim.Adagrad(p),
    "adagrad-decay": lambda p: torch.optim.Adagrad(p, lr=0.25, eps=1e-2, weight_decay=0.125),
    "adadelta": lambda p: torch.optim.Adadelta(p),
    "adadelta-decay": lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.75, eps=1e-3, weight_decay=0.125),
}
tensors = {f"start.{n}": t for n, t in start.items()}
tensors |= {f"g.{k}.{n}": t for k, step in enumerate(gradients) for n, t in step.items()}
for label, make in optimizers.items():
    parameters = {n: torch.nn.Parameter(t.clone()) for n, t in start.items()}
    optimizer = make(list(parameters.values()))
    for k, step in enumerate(gradients):
        for n, p in parameters.items():
            p.grad = step[n].clone()
        optimizer.step()
        tensors |= {f"w.{label}.{k}.{n}": p.detach().clone() for n, p in parameters.items()}
save_file(tensors, pathlib.Path(__file__).parent / "optimizers.safetensors")
