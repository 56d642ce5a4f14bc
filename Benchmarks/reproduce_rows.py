"""The rows of `reproduce.sh`: each a task on one set of data."""

import math
from dataclasses import dataclass
from typing import Callable


def shown(figure):
    """A number in a table."""
    return f"{figure:.0f}" if abs(figure) >= 1000 else f"{figure:.4g}" if abs(figure) >= 1 else f"{figure:.4f}"


@dataclass(frozen=True)
class Measure:
    """What is read from what a row's command lines print: `source` names a member of the last one's JSON, or is a function
    of the list of them all. `bar` is "≥ 0.5", "≤ 0.5", "0.5 ± 0.1", or nothing that must be reached."""

    label: str
    source: str | Callable
    bar: str = ""

    def figure(self, results):
        return self.source(results) if callable(self.source) else results[-1][self.source]

    def reached(self, figure):
        if not self.bar:
            return True
        first, second, *third = self.bar.split()
        if third:
            return abs(figure - float(first)) <= float(third[0])
        return figure >= float(second) if first == "≥" else figure <= float(second)

    def cells(self, figure):
        """Of a table: the measure, what was reached, the bar."""
        text = shown(figure)
        return [self.label, text if self.reached(figure) else f"**{text}**", self.bar]


def row(name, task, on, seeds, commands, measures, beside=(), before=(), device="cpu"):
    """`commands` are run for every seed, those `before` once; what a train command leaves out is added."""
    lines = [commands] if isinstance(commands, str) else commands
    return {
        "name": name, "task": task, "on": on, "seeds": seeds, "commands": [" ".join(line.split()) for line in lines],
        "measures": [Measure(*measure) for measure in measures], "beside": [Measure(*measure) for measure in beside],
        "before": [" ".join(line.split()) for line in before], "device": device,
    }  # fmt: skip


def on_both(name, task, on, commands, measures, **others):
    """A short run on the CPU, and the same on OpenCL."""
    return [
        row(name, task, on, [1], commands, measures, **others),
        row(f"{name}-opencl", task, "the same", [1], commands, measures, device="opencl", **others),
    ]


def behind(results):
    """How far the best linear model of the same run is above."""
    linear = ("baseline_bag_of_words", "baseline_tfidf", "baseline_averaged")
    return max(results[-1][key] for key in linear) - results[-1]["test_accuracy"]


def agreement(model, attractors=3):
    return lambda results: results[-1]["models"][model]["accuracy"][str(attractors)]


def steps_ratio(results):
    """Updates until the validation loss is at most the best of the run from scratch: fine-tuned ÷ from scratch."""
    scratch, tuned = results[0]["metrics"], results[1]["metrics"]
    least = min(scratch, key=lambda epoch: epoch["validation_loss"])
    found = [epoch["steps"] for epoch in tuned if epoch["validation_loss"] <= least["validation_loss"]]
    # Where it never gets there, more than all there were.
    return (found[0] if found else tuned[-1]["steps"] + 1) / least["steps"]


def margin(results):
    """By how much the sensible sentence is likelier, in nats."""
    scores = {score["sentence"]: score["log_probability"] for score in results[-2]["sentences"]}
    return scores[SENSIBLE] - scores[SENSELESS]


def likeliest(results):
    return results[-1]["words"][0]["probability"]


SENSIBLE, SENSELESS = "It is raining outside", "It is raining banana tree"

NAMES = " ".join(
    f"--class {name}={{data}}/names/{name}.txt"
    for name in (
        "Arabic Chinese Czech Dutch English French German Greek Irish Italian Japanese Korean Polish Portuguese Russian"
        " Scottish Spanish Vietnamese"
    ).split()
)

SHAKESPEARE = """train language-model --text {data}/text/tinyshakespeare.txt --cell lstm --hidden 512 --layers 3
    --embedding 512 --dropout 0.2 --batch 50 --steps 50 --learning-rate 0.002 --clip 5 --validation 0.1"""

AGREEMENT = """train language-model --text {work}/agreement/text.txt --unit words --hidden 24 --layers 1 --embedding 24
    --batch 32 --steps 32 --epochs 4 --learning-rate 0.004"""

SMALL = "train language-model --hidden 192 --layers 1 --embedding 32 --batch 20 --steps 50 --learning-rate 0.004"
WEB = SMALL + " --text {work}/web.txt --epochs 2 --output {work}/web"

NYSE = """train forecaster --data {data}/timeseries/NYSE.csv --target log_volume
    --inputs DJ_return,log_volume,log_volatility --date date --lags 5 --split-column train --scale all-rows --cell lstm
    --hidden 12 --batch 64 --dropout 0.1 --learning-rate 0.003 --epochs 35 --average exponential --average-decay 0.998"""

SERIES = """--lags 12 --hidden 32 --learning-rate 0.01 --quantiles 0.1,0.5,0.9 --walk-forward 4"""

VOWELS = """train classifier --data {data}/timeseries/ucr/JapaneseVowels_TRAIN.ts
    --test {data}/timeseries/ucr/JapaneseVowels_TEST.ts --cell gru --hidden 64 --pooling mean --dropout 0.4
    --batch 30 --epochs 60 --optimizer adamw --learning-rate 0.005 --weight-decay 0.01"""

TAGGER = """train tagger --train {work}/en_ewt-ud-train.conllu --validation {data}/tagging/ud_ewt/en_ewt-ud-dev.conllu
    --test {data}/tagging/ud_ewt/en_ewt-ud-test.conllu --column upos"""


def vectors(name, algorithm):
    """Word vectors beside gensim's, from the same text."""
    text = f"--text {{work}}/corpus.txt --epochs 10 --algorithm {algorithm}"
    judged = "--similarities {data}/vectors/gensim/wordsim353.tsv"
    return row(
        name, "`vectors train`", f"{algorithm}, all texts here, 100 dimensions", [1],
        [f"python Benchmarks/peers/word_vectors.py {text} {judged}",
         f"vectors train --spaces {text} --output {{run}}.bin", f"vectors evaluate --vectors {{run}}.bin {judged}"],
        [("words/s ÷ gensim's", lambda results: results[1]["words_per_second"] / results[0]["words_per_second"], "≥ 0.5")],
        beside=[("words/s", lambda results: results[1]["words_per_second"]),
                ("rank correlation, WordSim-353", lambda results: results[2]["similarities"]["spearman"]),
                ("of gensim's", lambda results: results[0]["spearman"])])  # fmt: skip


FORECAST = [
    ("walk-forward RMSE", "walk_forward_rmse"),
    ("that of a linear AR(12)", "walk_forward_linear_rmse"),
    ("values in the 80 % interval", "test_coverage"),
]

rows = [
    row("shakespeare", "language-model", "tinyshakespeare, characters, 3 × 512", [1], SHAKESPEARE + " --epochs 3",
        [("validation nats after 2 epochs", lambda results: results[-1]["metrics"][1]["validation_loss"], "≤ 1.71"),
         ("after 3", "validation_nats", "≤ 1.59")]),
    row("words", "language-model", "tinyshakespeare, words", [1],
        ["python Benchmarks/peers/unigram.py {data}/text/tinyshakespeare.txt --minimum 2",
         """train language-model --text {data}/text/tinyshakespeare.txt --unit words --lowercase --minimum 2 --hidden 128
         --layers 1 --embedding 128 --tied --dropout 0.3 --batch 20 --steps 35 --learning-rate 0.004 --epochs 3"""],
        [("validation nats", "validation_nats"),
         ("perplexity", lambda results: math.exp(results[-1]["validation_nats"]))],
        beside=[("perplexity of words alone", lambda results: results[0]["unigram_perplexity"])]),
    row("score", "`score`, `suggest`", "a model of web texts, characters", [1],
        [f'score --model {{work}}/web --sentence "{SENSIBLE}" --sentence "{SENSELESS}"',
         'suggest --model {work}/web --prompt "I would like to go to" --count 5'],
        [("is the sensible one first", lambda results: float(margin(results) > 0), "≥ 1"),
         ("by nats", margin)],
        beside=[("p of the likeliest word to come next", likeliest)], before=[WEB]),
    row("fine-tuning", "language-model", "from web texts to 60,000 characters of plays, embedding frozen", [1],
        [SMALL + " --text {work}/plays.txt --epochs 12",
         """train language-model --from {work}/web --freeze embedding.* --text {work}/plays.txt --batch 20 --steps 50
         --learning-rate 0.004 --epochs 12"""],
        [("updates to the same loss ÷ from scratch", steps_ratio, "≤ 0.99")],
        beside=[("best nats from scratch", lambda results: results[0]["validation_nats"]),
                ("fine-tuned", lambda results: results[1]["validation_nats"])], before=[WEB]),
    row("agreement", "agreement", "generated sentences, 3 attractors", [1],
        [AGREEMENT + " --cell rnn --output {run}-rnn", AGREEMENT + " --cell lstm --output {run}-lstm",
         "inspect agreement --model {run}-rnn --model {run}-lstm --data {work}/agreement/sentences.tsv"],
        [("accuracy of an LSTM", agreement(1)), ("accuracy of an RNN", agreement(0))],
        beside=[(f"{name} at {count}", agreement(model, count))
                for count in (0, 1, 2) for model, name in enumerate(("RNN", "LSTM"))],
        before=["make agreement --output {work}/agreement"]),
    row("reviews", "classifier", "film reviews", [1, 2, 3],
        """train classifier --class negative={data}/classification/mr/rt-polarity.neg
        --class positive={data}/classification/mr/rt-polarity.pos --split 80/10/10 --unit words --lowercase --minimum 2 --pooling mean
        --cell lstm --hidden 128 --embedding 128 --layers 1 --dropout 0.5 --locked-dropout 0.3 --embedding-dropout 0.2
        --learning-rate 0.001 --batch 50 --epochs 8 --average exponential --average-decay 0.99""",
        [("test accuracy", "test_accuracy", "≥ 0.765"), ("behind the best linear model", behind, "≤ 0.015")]),
    row("names", "classifier", "names of 18 languages, by letters", [1, 2, 3],
        f"train classifier {NAMES} --unit characters --split 80/10/10 --hidden 128 --embedding 64 --dropout 0.3"
        " --learning-rate 0.003 --batch 64 --epochs 8", [("test accuracy", "test_accuracy", "≥ 0.795")]),
    row("mnist", "classifier", "MNIST, a row a step", [1],
        """train classifier --data {work}/t10k-images-idx3-ubyte --labels {work}/t10k-labels-idx1-ubyte
        --split 8000/0/2000 --in-order --cell gru --hidden 128 --epochs 6 --learning-rate 0.004 --schedule one-cycle
        --batch 64 --dropout 0.3""",
        [("test accuracy", "test_accuracy", "≥ 0.972"), ("seconds to train", "seconds", "≤ 60")]),
    row("digits", "classifier", "digits, 8 × 8", [1, 2, 3, 4, 5],
        """train classifier --data {work}/digits.csv --target 65 --step-size 8 --split 80/20 --cell gru --hidden 96
        --epochs 25 --learning-rate 0.006 --schedule one-cycle --batch 64""",
        [("test accuracy", "test_accuracy", "≥ 0.975")]),
    row("vowels", "classifier", "JapaneseVowels", [1, 2, 3, 4, 5], VOWELS, [("test accuracy", "test_accuracy", "≥ 0.965")]),
    row("vowels-opencl", "classifier", "the same", [1], VOWELS, [("test accuracy", "test_accuracy", "≥ 0.965")],
        device="opencl"),
    row("tags", "tagger", "UD English-EWT, part of speech", [1], TAGGER + " --epochs 10",
        [("test accuracy", "test_accuracy", "≥ 0.945")]),
    row("nyse", "forecaster", "NYSE, log volume", [1, 2, 3, 4, 5], NYSE,
        [("test R²", "test_r2", "≥ 0.412"), ("R² of a linear AR(5)", "baseline_linear_r2", "0.4129 ± 0.00005")]),
    row("nyse-weekday", "forecaster", "NYSE, with the day's weekday", [1, 2, 3, 4, 5], NYSE + " --known day_of_week",
        [("test R²", "test_r2", "≥ 0.46"), ("R² of a linear AR(5)", "baseline_linear_r2", "0.4596 ± 0.00005")]),
    row("sunspots", "forecaster", "sunspots of a year", [1],
        "train forecaster --data {data}/timeseries/sunspots.csv --target SUNACTIVITY --date YEAR --change 1 --season 11 "
        f"--epochs 60 {SERIES}", FORECAST),
    row("airline", "forecaster", "passengers of a month", [1],
        "train forecaster --data {data}/timeseries/Airline.csv --target Passengers --date Date --change 12 --season 12 "
        f"--epochs 100 {SERIES}", FORECAST),
    *on_both("sine", "forecaster", "a noisy sine wave, read once with carried state",
             """train forecaster --data {work}/sine.csv --target value --date time --carry --lags 25 --batch 4 --hidden 16
             --learning-rate 0.01 --epochs 60""", [("test R²", "test_r2")]),
    row("phonemes", "translator", "CMU dictionary, letters to phonemes", [1],
        """train translator --pairs {work}/cmudict.tsv --source-unit letters --target-unit words --hidden 512
        --embedding 64 --batch 128 --epochs 6 --split 90/5/5 --learning-rate 0.002 --schedule one-cycle --dropout 0.2""",
        [("phoneme error rate", "test_error_rate", "≤ 0.076"), ("word accuracy", "test_exact", "≥ 0.69"),
         ("seconds to train", "seconds", "≤ 900")],
        beside=[("error rate of pairs", "test_pair_error_rate"), ("accuracy of pairs", "test_pair_exact"),
                ("error rate of greedy decoding", "test_greedy_error_rate")]),
    row("captions", "captioner", "two digits in a picture", [1],
        """train captioner --features {work}/scenes/features.npy --captions {work}/scenes/captions.tsv --in-order
        --epochs 12 --hidden 256 --dropout 0.3 --batch 64 --schedule one-cycle --learning-rate 0.003""",
        [("exact captions", "test_exact", "≥ 0.90")],
        before=["make captions --images {work}/digits.csv --output {work}/scenes --count 20000"]),
    vectors("vectors", "skip-gram"),
    vectors("vectors-cbow", "cbow"),
    # Short runs, one for each other way of mapping, on both kinds of device.
    *on_both("short-characters", "language-model", "60,000 characters of plays, 1 × 192, 3 epochs",
             SMALL + " --text {work}/plays.txt --epochs 3", [("validation nats", "validation_nats")]),
    *on_both("short-tags", "tagger", "UD English-EWT, an epoch, 1 × 64",
             TAGGER + " --hidden 64 --layers 1 --epochs 1", [("test accuracy", "test_accuracy")]),
    *on_both("short-phonemes", "translator", "a tenth of the CMU dictionary, 2 epochs, 128 units",
             """train translator --pairs {work}/cmudict-short.tsv --source-unit letters --target-unit words --hidden 128
             --embedding 64 --batch 64 --epochs 2 --split 90/5/5 --learning-rate 0.004""",
             [("phoneme error rate", "test_error_rate")]),
    *on_both("short-captions", "captioner", "two digits in a picture, 3,000 of them, 6 epochs",
             """train captioner --features {work}/few/features.npy --captions {work}/few/captions.tsv --in-order
             --epochs 6 --hidden 128 --batch 64 --learning-rate 0.004""", [("exact captions", "test_exact")],
             before=["make captions --images {work}/digits.csv --output {work}/few --count 3000"]),
]  # fmt: skip
