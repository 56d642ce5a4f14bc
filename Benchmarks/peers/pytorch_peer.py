"""PyTorch: `nn.RNN`, `nn.LSTM`, `nn.GRU` with `batch_first`, in the way its documentation has people use them."""

import torch
from torch import nn

from prepared import Prepared, plain

VERSION = "torch " + torch.__version__


def start(threads):
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)


def prepare(work, training, case, arrays):
    arrays = {name: torch.from_numpy(array) for name, array in arrays.items()}
    works = {
        "matmul": matmul,
        "recurrence": recurrence_training if training else recurrence_forward,
        "options": recurrence_training,
        "training-step": training_step,
        "streaming": streaming,
        "text": text,
    }
    return works[work](case, arrays)


def numpy_of(results):
    return {name: plain(tensor.detach().numpy()) for name, tensor in results.items()}


# What `nn.LSTM` and the others have of the options.
OPTIONS = {"bidirectional", "lengths", "full-lengths"}


def recurrent(case, inputs):
    sizes = (inputs, case["hidden"], case["layers"])
    both = "bidirectional" in case
    if case["cell"] == "lstm":
        return nn.LSTM(*sizes, batch_first=True, bidirectional=both)
    if case["cell"] == "gru":
        return nn.GRU(*sizes, batch_first=True, bidirectional=both)
    nonlinearity = "relu" if case["cell"] == "rnn-relu" else "tanh"
    return nn.RNN(*sizes, batch_first=True, bidirectional=both, nonlinearity=nonlinearity)


def run(model, case, arrays):
    """Output and final state; with lengths by way of a packed sequence."""
    x, initial = arrays["x"], state_of(case, arrays)
    if "lengths" not in case and "full-lengths" not in case:
        return model(x, initial)
    packed = nn.utils.rnn.pack_padded_sequence(x, arrays["lengths"], batch_first=True, enforce_sorted=False)
    output, final = model(packed, initial)
    output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
    return output, final


def check_options(case):
    sizes = {"cell", "inputs", "hidden", "batch", "steps", "layers"}
    for option in case.keys() - sizes - OPTIONS:
        raise NotImplementedError(f"has no '{option}'")


def loaded(module, arrays, prefix=""):
    """The module with the arrays whose names begin with the prefix as its parameters."""
    module.load_state_dict({name: arrays[prefix + name] for name in module.state_dict()})
    return module


def state_of(case, arrays):
    """h, or (h, c)."""
    return (arrays["initial.0"], arrays["initial.1"]) if case["cell"] == "lstm" else arrays["initial.0"]


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


def matmul(case, arrays):
    a, b = arrays["a"], arrays["b"]
    with torch.inference_mode():
        results = numpy_of({"c": torch.matmul(a, b)})

    @torch.inference_mode()
    def call():
        torch.matmul(a, b)

    return Prepared(results, call)


def recurrence_forward(case, arrays):
    check_options(case)
    model = loaded(recurrent(case, case["inputs"]), arrays, "recurrent.").eval()

    @torch.inference_mode()
    def call():
        return run(model, case, arrays)

    output, final = call()
    states = {f"state.{index}": state for index, state in enumerate(as_tuple(final))}
    return Prepared(numpy_of({"output": output, **states}), call)


def recurrence_training(case, arrays):
    check_options(case)
    model = loaded(recurrent(case, case["inputs"]), arrays, "recurrent.")
    x = arrays["x"].requires_grad_()
    cotangent = arrays["cotangent"]

    def call():
        model.zero_grad(set_to_none=True)
        x.grad = None
        output, _ = run(model, case, arrays)
        output.backward(cotangent)
        return output

    output = call()
    gradients = {"recurrent." + name: parameter.grad for name, parameter in model.named_parameters()}
    return Prepared(numpy_of({"output": output, "x": x.grad, **gradients}), call)


class LanguageModel(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.embedding = nn.Embedding(case["vocabulary"], case["embedding"])
        self.recurrent = recurrent(case, case["embedding"])
        self.linear = nn.Linear(case["hidden"], case["vocabulary"])

    def forward(self, inputs, state=None):
        output, state = self.recurrent(self.embedding(inputs), state)
        return self.linear(output), state


def training_step(case, arrays):
    model = loaded(LanguageModel(case), arrays)
    inputs, targets = arrays["inputs"].long(), arrays["targets"].long()
    rate, clip = arrays["settings"].tolist()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)

    def call():
        optimizer.zero_grad(set_to_none=True)
        logits, _ = model(inputs)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        return loss.detach()

    return Prepared(numpy_of({"losses": torch.stack([call() for _ in range(3)])}), call)


def streaming(case, arrays):
    model = loaded(recurrent(case, case["inputs"]), arrays, "recurrent.").eval()
    x, state = arrays["x"], None

    @torch.inference_mode()
    def call():
        nonlocal state
        output, state = model(x, state)
        return output

    return Prepared(numpy_of({"outputs": torch.cat([call().flatten() for _ in range(4)])}), call)


def text(case, arrays):
    model = loaded(LanguageModel(case), arrays).eval()
    inputs, length = arrays["inputs"].long(), int(arrays["length"])
    with torch.inference_mode():
        results = numpy_of({"logits": model(inputs)[0]})

    @torch.inference_mode()
    def call():
        character, state = torch.zeros(1, 1, dtype=torch.long), None
        for _ in range(length):
            logits, state = model(character, state)
            character = torch.multinomial(torch.softmax(logits[0], -1), 1)
            character.item()  # a writer shows every character as it comes

    return Prepared(results, call)
