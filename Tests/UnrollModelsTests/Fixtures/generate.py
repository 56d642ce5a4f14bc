"""Writes the fixtures beside it from PyTorch in float64: python generate.py

Ten steps of truncated backpropagation through time with Adam and clipping, for each cell: the text's indices, the
weights to start from under the names of the state_dict, and the ten losses.
"""
import pathlib
import torch
from safetensors.torch import save_file

torch.manual_seed(19971115)
characters, embedding, hidden, layers, batch, steps, count = 11, 5, 9, 2, 3, 7, 10


class LanguageModel(torch.nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.embedding = torch.nn.Embedding(characters, embedding)
        self.recurrent = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](
            embedding, hidden, layers, batch_first=True)
        self.linear = torch.nn.Linear(hidden, characters)

    def forward(self, inputs, state):
        output, state = self.recurrent(self.embedding(inputs), state)
        return self.linear(output), state


for cell, clip in {"rnn": 0.5, "lstm": 0.25, "gru": 0.3}.items():
    model = LanguageModel(cell).double()
    for parameter in model.parameters():
        parameter.data = parameter.data.float().double()
    start = {name: value.clone().float() for name, value in model.state_dict().items()}
    length = count * steps
    # A text with something to learn, read in rows: row r is characters r·length ..< (r + 1)·length.
    text = (torch.arange(batch * length + 1) ** 2 // 3 + torch.randint(0, 3, (batch * length + 1,))) % characters
    inputs, targets = text[:-1].reshape(batch, length), text[1:].reshape(batch, length)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    state, losses, norms = None, [], []
    for k in range(count):
        window = slice(k * steps, (k + 1) * steps)
        logits, state = model(inputs[:, window], state)
        state = tuple(s.detach() for s in state) if cell == "lstm" else state.detach()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[:, window].flatten())
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip))
        optimizer.step()
        losses.append(loss.detach())
    assert min(norms) < clip < max(norms), norms  # clipping matters, and not always
    save_file(
        {f"start.{name}": value for name, value in start.items()}
        | {"text": text.int(), "losses": torch.stack(losses), "clip": torch.tensor(clip)},
        pathlib.Path(__file__).parent / f"{cell}.safetensors")
    print(cell, [round(x.item(), 4) for x in losses], [round(x.item(), 2) for x in norms])
