"""Writes what scikit-learn makes of some documents, beside this script: python scikit.py

Made with scikit-learn 1.9; its defaults have not changed since 0.20.
"""
import json
import pathlib
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

fitted = [
    "It isn't a good film; it's a GOOD-ish film, a 3.14-star film at 10:30!",
    "Not good, not bad: snake_case __init__ a_b _ 42 7 x2",
    "Élan vital, cafe\u0301 naïve – ÇA VA? Straße İstanbul œuvre",
    "日本語の文章 и русский текст, ½ Ⅷ ٣٤ x² हिन्दी भाषा",
    "good good good bad",
    "", "! ?", "the film the film the end",
]
unseen = ["A good film and an unseen word", "nothing known at all?", "bad bad end, not good"]
variants = [{}, {"ngram_range": (1, 2)}, {"min_df": 2}, {"binary": True}, {"ngram_range": (1, 2), "min_df": 2, "binary": True}]

analyse = CountVectorizer().build_analyzer()
out = {"fitted": fitted, "unseen": unseen, "words": [analyse(text) for text in fitted + unseen], "variants": []}


def rows(matrix):
    matrix = matrix.tocsr()
    matrix.sort_indices()
    return [{"indices": [int(i) for i in row.indices], "values": [float(v) for v in row.data]} for row in matrix]


for variant in variants:
    counts, weights = CountVectorizer(**variant).fit(fitted), TfidfVectorizer(**variant).fit(fitted)
    out["variants"].append({
        "pairs": variant.get("ngram_range") is not None, "minimum": variant.get("min_df", 1),
        "binary": variant.get("binary", False), "features": list(counts.get_feature_names_out()),
        "counts": rows(counts.transform(fitted + unseen)), "idf": list(weights.idf_),
        "weights": rows(weights.transform(fitted + unseen)),
    })
path = pathlib.Path(__file__).parent / "scikit.json"
path.write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")))
