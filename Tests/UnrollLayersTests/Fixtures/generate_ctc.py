"""Writes ctc.txt beside it from PyTorch in float64: python generate_ctc.py (the format is that of generate.py)"""
import pathlib
import torch

torch.manual_seed(20061)
batch, steps, classes, longest, blank = 9, 11, 6, 5, 2
x = (2 * torch.randn(batch, steps, classes)).float().double().requires_grad_()
cotangent = torch.randn(batch).float().double()
# Every step there, fewer, repetitions, an exact fit, the empty string, one label too many, a repetition too many, no step at
# all for a label and for the empty string.
labels = [[0, 1, 3], [4, 4, 5, 0], [1, 1, 1], [3, 0, 3, 0], [], [5, 1, 0], [0, 0], [3], []]
steps_there = [11, 9, 5, 4, 7, 2, 2, 0, 0]

padded = torch.full((batch, longest), -1)
for row, string in enumerate(labels):
    padded[row, : len(string)] = torch.tensor(string, dtype=torch.long)
lengths = torch.tensor([len(string) for string in labels])


def loss(zero_infinity):
    return torch.nn.functional.ctc_loss(
        x.log_softmax(-1).transpose(0, 1), padded.clamp(min=0), torch.tensor(steps_there), lengths, blank=blank,
        reduction="none", zero_infinity=zero_infinity)


finite = loss(True)
(gradient,) = torch.autograd.grad((finite * cotangent).sum(), x)
tensors = {
    "x": x, "cotangent": cotangent, "labels": padded, "lengths": lengths, "steps": torch.tensor(steps_there),
    "losses": loss(False), "finite": finite, "gradient": gradient,
}
lines = []
for name, tensor in tensors.items():
    values = tensor.detach().reshape(-1).tolist()
    digits = "%d" if tensor.dtype == torch.int64 else "%.9g" if torch.equal(tensor, tensor.float().double()) else "%.17g"
    lines.append(" ".join([name, ",".join(map(str, tensor.shape))] + [digits % value for value in values]) + "\n")
(pathlib.Path(__file__).parent / "ctc.txt").write_text("".join(lines))
