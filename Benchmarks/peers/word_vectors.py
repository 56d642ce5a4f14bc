"""gensim's word vectors of a text of words with spaces between, as fast as it makes them, as the twin of
`unroll vectors train --spaces`: same sizes, and what they are worth by pairs of words that people have judged."""

import argparse
import json
import time

from gensim.models import Word2Vec

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--text", required=True)
parser.add_argument("--algorithm", choices=["skip-gram", "cbow"], default="skip-gram")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--similarities")
arguments = parser.parse_args()

with open(arguments.text, encoding="utf-8") as file:
    sentences = [line.split() for line in file]
model = Word2Vec(
    vector_size=100, window=5, negative=5, sample=1e-3, min_count=5, alpha=0.025, min_alpha=0.0001, seed=1,
    sg=int(arguments.algorithm == "skip-gram"), workers=arguments.threads,
)  # fmt: skip
model.build_vocab(sentences)
start = time.perf_counter()
_, words = model.train(sentences, total_examples=model.corpus_count, epochs=arguments.epochs)
seconds = time.perf_counter() - start
result = {"words_per_second": words / seconds, "seconds": seconds}
if arguments.similarities:
    _, (spearman, _), left_out = model.wv.evaluate_word_pairs(arguments.similarities)
    result |= {"spearman": float(spearman), "left_out_share": left_out / 100}
print(json.dumps(result))
