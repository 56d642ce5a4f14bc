"""Writes schedules.safetensors beside it from PyTorch's schedulers: python generate_schedules.py

The learning rate of each of so many updates as a fraction of the optimizer's; for the plateau also the losses it was fed, one after every update.
"""
import pathlib
import warnings
import torch
from safetensors.torch import save_file
from torch.optim import lr_scheduler as of

warnings.simplefilter("ignore")
torch.manual_seed(20161117)
updates, rate = 60, 0.75


def warmed(optimizer, count, after):
    first = of.LinearLR(optimizer, start_factor=1 / count, total_iters=count - 1)
    return of.SequentialLR(optimizer, [first, after(optimizer)], [count])


schedules = {
    "step": lambda o: of.StepLR(o, step_size=7, gamma=0.5),
    "exponential": lambda o: of.ExponentialLR(o, gamma=0.9),
    "cosine": lambda o: of.CosineAnnealingLR(o, T_max=updates, eta_min=rate / 8),
    "restarts": lambda o: of.CosineAnnealingWarmRestarts(o, T_0=9, eta_min=rate / 16),
    "growing": lambda o: of.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=3),
    "one-cycle": lambda o: of.OneCycleLR(o, max_lr=rate, total_steps=updates, cycle_momentum=False),
    "one-cycle-early": lambda o: of.OneCycleLR(
        o, max_lr=rate, total_steps=updates, pct_start=0.125, div_factor=4, final_div_factor=8, cycle_momentum=False
    ),
    "warm-up": lambda o: warmed(o, 6, lambda o: of.ConstantLR(o, factor=1)),
    "warm-up-step": lambda o: warmed(o, 11, lambda o: of.StepLR(o, step_size=7, gamma=0.5)),
    "plateau": lambda o: of.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=0.02),
    "plateau-end": lambda o: of.ReduceLROnPlateau(o, factor=0.1, patience=0, threshold=0, min_lr=rate / 50, eps=0),
}
tensors = {"losses": 2 * 0.97 ** torch.arange(updates, dtype=torch.float64) + 0.2 * torch.rand(updates, dtype=torch.float64)}
for label, make in schedules.items():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = make(optimizer)
    rates = []
    for update in range(updates):
        rates.append(optimizer.param_groups[0]["lr"] / rate)
        optimizer.step()
        if label.startswith("plateau"):
            scheduler.step(tensors["losses"][update].item())
        elif update + 1 < updates:
            scheduler.step()
    tensors[label] = torch.tensor(rates, dtype=torch.float64)
save_file(tensors, pathlib.Path(__file__).parent / "schedules.safetensors")
