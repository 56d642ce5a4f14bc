"""Writes the fixtures beside it from PyTorch: python generate_state_dicts.py

The `state_dict` of a recurrent module of each cell, and of a batch normalisation, saved as anybody would save it, and what the
module makes of an input.
"""
import pathlib
import torch
from safetensors.torch import save_file

torch.manual_seed(19900401)
folder = pathlib.Path(__file__).parent
inputs, hidden, layers, batch, steps = 5, 7, 2, 3, 4

for cell, make in {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.items():
    module = make(inputs, hidden, layers, batch_first=True)
    x = torch.randn(batch, steps, inputs)
    with torch.no_grad():
        output, final = module.double()(x.double())
    final = final if cell == "lstm" else (final,)
    module.float()
    save_file(module.state_dict(), folder / f"state_dict-{cell}.safetensors")
    expected = {"x": x, "output": output.contiguous()} | {f"final.{i}": state.contiguous() for i, state in enumerate(final)}
    save_file(expected, folder / f"state_dict-{cell}-expected.safetensors")

# Batch normalisation counts the batches it has seen, in an integer beside its numbers.
module = torch.nn.BatchNorm1d(hidden)
for _ in range(3):
    module(torch.randn(batch, hidden, steps) * 2 + 1)
module.eval()
x = torch.randn(batch, steps, hidden)
with torch.no_grad():
    output = module.double()(x.double().transpose(1, 2)).transpose(1, 2).contiguous()
module.float()
save_file(module.state_dict(), folder / "state_dict-batch-norm.safetensors")
save_file({"x": x, "output": output}, folder / "state_dict-batch-norm-expected.safetensors")
