"""The rows of `reproduce.sh`: each a task on one set of data."""


def figure(name):
    return lambda result: result[name]


def row(name, task, on, measure, figure_name, bar, seeds, command, more=True, **others):
    return {
        "name": name, "task": task, "on": on, "measure": measure, "bar": bar, "more": more, "seeds": seeds,
        "command": " ".join(command.split()), "figure": others.pop("figure", figure(figure_name)), "beside": others.pop("beside", []), **others,
    }  # fmt: skip


names = " ".join(
    f"--class {name}={{data}}/names/{name}.txt"
    for name in (
        "Arabic Chinese Czech Dutch English French German Greek Irish Italian Japanese Korean Polish Portuguese Russian"
        " Scottish Spanish Vietnamese"
    ).split()
)

shakespeare = """train language-model --text {data}/text/tinyshakespeare.txt --cell lstm --hidden 512 --layers 3
    --embedding 512 --dropout 0.2 --batch 50 --steps 50 --learning-rate 0.002 --clip 5 --validation 0.1"""

nyse = """train forecaster --data {data}/timeseries/NYSE.csv --target log_volume
    --inputs DJ_return,log_volume,log_volatility --date date --lags 5 --split-column train --scale all-rows --cell lstm
    --hidden 12 --batch 64 --dropout 0.1 --learning-rate 0.003 --epochs 35 --average exponential --average-decay 0.998"""

rows = [
    row("shakespeare-2", "language-model", "tinyshakespeare, characters, 3 × 512, 2 epochs", "validation nats",
        "validation_nats", 1.71, [1], shakespeare + " --epochs 2", more=False),
    row("shakespeare-3", "language-model", "the same, 3 epochs", "validation nats", "validation_nats", 1.59, [1],
        shakespeare + " --epochs 3", more=False),
    row("reviews", "classifier", "film reviews", "test accuracy", "test_accuracy", 0.765, [1, 2, 3],
        """train classifier --class negative={data}/classification/mr/rt-polarity.neg
        --class positive={data}/classification/mr/rt-polarity.pos --split 80/10/10 --unit words --lowercase --minimum 2 --pooling mean
        --cell lstm --hidden 128 --embedding 128 --layers 1 --dropout 0.5 --locked-dropout 0.3 --embedding-dropout 0.2
        --learning-rate 0.001 --batch 50 --epochs 8 --average exponential --average-decay 0.99"""),
    row("names", "classifier", "names of 18 languages, by letters", "test accuracy", "test_accuracy", 0.795, [1, 2, 3],
        f"train classifier {names} --unit characters --split 80/10/10 --hidden 128 --embedding 64 --dropout 0.3"
        " --learning-rate 0.003 --batch 64 --epochs 8"),
    row("mnist", "classifier", "MNIST, a row a step", "test accuracy", "test_accuracy", 0.972, [1],
        """train classifier --data {work}/t10k-images-idx3-ubyte --labels {work}/t10k-labels-idx1-ubyte
        --split 8000/0/2000 --in-order --cell gru --hidden 128 --epochs 12 --learning-rate 0.004 --schedule one-cycle
        --batch 64 --dropout 0.3"""),
    row("digits", "classifier", "digits, 8 × 8", "test accuracy", "test_accuracy", 0.975, [1, 2, 3, 4, 5],
        """train classifier --data {work}/digits.csv --target 65 --step-size 8 --split 80/20 --cell gru --hidden 96
        --epochs 25 --learning-rate 0.006 --schedule one-cycle --batch 64"""),
    row("vowels", "classifier", "JapaneseVowels", "test accuracy", "test_accuracy", 0.965, [1, 2, 3, 4, 5],
        """train classifier --data {data}/timeseries/ucr/JapaneseVowels_TRAIN.ts
        --test {data}/timeseries/ucr/JapaneseVowels_TEST.ts --cell gru --hidden 64 --pooling mean --dropout 0.4
        --batch 30 --epochs 60 --optimizer adamw --learning-rate 0.005 --weight-decay 0.01"""),
    row("tags", "tagger", "UD English-EWT, part of speech", "test accuracy", "test_accuracy", 0.945, [1],
        """train tagger --train {work}/en_ewt-ud-train.conllu --validation {data}/tagging/ud_ewt/en_ewt-ud-dev.conllu
        --test {data}/tagging/ud_ewt/en_ewt-ud-test.conllu --column upos --epochs 10"""),
    row("nyse", "forecaster", "NYSE, log volume", "test R²", "test_r2", 0.412, [1, 2, 3, 4, 5], nyse),
    row("nyse-weekday", "forecaster", "NYSE, with the day's weekday", "test R²", "test_r2", 0.46, [1, 2, 3, 4, 5],
        nyse + " --known day_of_week"),
    row("phonemes", "translator", "CMU dictionary, letters to phonemes", "phoneme error rate", "test_error_rate", 0.076,
        [1], """train translator --pairs {work}/cmudict.tsv --source-unit letters --target-unit words --hidden 512
        --embedding 64 --batch 128 --epochs 11 --split 90/5/5 --learning-rate 0.002 --schedule one-cycle --dropout 0.2""",
        more=False, beside=["test_exact", "test_pair_error_rate", "test_pair_exact", "test_greedy_error_rate"]),
    row("captions", "captioner", "two digits in a picture", "exact captions", "test_exact", 0.90, [1],
        """train captioner --features {work}/scenes/features.npy --captions {work}/scenes/captions.tsv --in-order
        --epochs 12 --hidden 256 --dropout 0.3 --batch 64 --schedule one-cycle --learning-rate 0.003""",
        before=["make captions --images {work}/digits.csv --output {work}/scenes --count 20000"]),
]  # fmt: skip
