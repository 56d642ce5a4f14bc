"""What words alone are worth: the nats per word of the end of a text, each as likely as it is often in the part before.

A word is what `unroll train language-model --unit words --lowercase` makes of plain English text: letters and digits with
apostrophes and hyphens between, any other mark, and a line break. Those rarer than --minimum are one unknown word.
"""

import argparse
import json
import math
import re
from collections import Counter

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("text")
parser.add_argument("--minimum", type=int, default=1)
parser.add_argument("--validation", type=float, default=0.1)
arguments = parser.parse_args()

with open(arguments.text, encoding="utf-8") as file:
    text = file.read().lower()
# What is known is counted in the characters that train, as `unroll` does; what is foreseen are the last of all tokens.
words = re.compile(r"[^\W_]+(?:['’_-][^\W_]+)*|\n|[^\w\s]")
counted = Counter(words.findall(text[: len(text) - int(len(text) * arguments.validation)]))
known = {word for word, count in counted.items() if count >= arguments.minimum}
tokens = [word if word in known else "" for word in words.findall(text)]
split = len(tokens) - int(len(tokens) * arguments.validation)
often = Counter(tokens[:split])
# One more of each, so that nothing is impossible.
total = split + len(known) + 1
nats = -sum(math.log((often[word] + 1) / total) for word in tokens[split:]) / (len(tokens) - split)
result = {"unigram_nats": nats, "unigram_perplexity": math.exp(nats), "words": len(known), "tokens": len(tokens)}
print(json.dumps(result))
