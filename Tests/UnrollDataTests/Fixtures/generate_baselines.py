"""Writes what scikit-learn fits, beside this script: python generate_baselines.py

Needs numpy and scikit-learn.
"""
import json
import pathlib

import numpy
from sklearn.linear_model import LinearRegression, LogisticRegression

numbers = numpy.random.default_rng(11)
folder = pathlib.Path(__file__).parent


def least_squares():
    cases = []
    for rows, features in [(23, 4), (5, 9), (1, 2), (13, 1)]:
        cases.append((numbers.normal(0, 1, (rows, features)) * 3 + 50, numbers.normal(0, 2, rows)))
    # One-hot columns add up to the constant, one is the double of another, one is the same everywhere.
    kinds = numpy.eye(5)[numbers.integers(0, 5, 40)]
    x = numbers.normal(0, 1, (40, 3))
    rows = numpy.hstack([x, kinds, 2 * x[:, :1], numpy.full((40, 1), 0.1)])
    cases.append((rows, x @ [1.0, -2.0, 0.5] + kinds @ [0.0, 1.0, 2.0, 3.0, 5.0] + numbers.normal(0, 0.1, 40)))
    result = []
    for x, y in cases:
        x, y = x.round(4), y.round(4)
        model = LinearRegression().fit(x, y)
        unseen = x[:3] + 0.25
        result.append({
            "features": x.tolist(), "targets": y.tolist(), "coefficients": model.coef_.tolist(),
            "intercept": float(model.intercept_), "rank": int(model.rank_), "unseen": unseen.tolist(),
            "predictions": model.predict(unseen).tolist()})
    return result


def auto_regression():
    steps = 71
    a, b = numpy.zeros(steps), numbers.normal(0, 1, steps)
    weekday = [i * i % 3 for i in range(steps)]
    for t in range(2, steps):
        a[t] = 0.5 * a[t - 1] - 0.3 * a[t - 2] + 0.4 * b[t - 1] + weekday[t] + numbers.normal(0, 0.2)
    a, b, known = a.round(4), b.round(4), numpy.eye(3)[weekday]
    result = {"columns": [a.tolist(), b.tolist()], "known": known.tolist(), "cases": []}
    for lags, horizon, informed in [(1, 1, False), (3, 1, True), (2, 4, False), (2, 3, True)]:
        first = lags + horizon - 1
        rows = numpy.array([
            [column[t - horizon - lag] for column in (a, b) for lag in range(lags)]
            + (known[t].tolist() if informed else []) for t in range(first, steps)])
        split = 50 - first
        model = LinearRegression().fit(rows[:split], a[first:50])
        result["cases"].append({
            "lags": lags, "horizon": horizon, "known": informed, "predictions": model.predict(rows[split:]).tolist(),
            "r2": model.score(rows[split:], a[50:])})
    return result


def logistic():
    result = []
    for classes, rows, features, c in [(2, 41, 7, 1.0), (2, 60, 90, 10.0), (3, 47, 11, 0.3), (5, 83, 40, 30.0)]:
        x = numpy.where(numbers.random((rows, features)) < 0.3, numbers.normal(0, 1.5, (rows, features)), 0).round(3)
        x[0] = 0
        y = (x @ numbers.normal(0, 1, (features, classes)) + numbers.normal(0, 1, (rows, classes))).argmax(1)
        y[:classes] = range(classes)
        model = LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(x, y)
        result.append({
            "classes": classes, "features": features, "c": c, "labels": y.tolist(),
            "rows": [[[int(i), float(row[i])] for i in numpy.flatnonzero(row)] for row in x],
            "coefficients": model.coef_.tolist(), "intercepts": model.intercept_.tolist(),
            "probabilities": model.predict_proba(x[:5]).tolist(), "predictions": model.predict(x).tolist()})
    return result


content = {"least_squares": least_squares(), "auto_regression": auto_regression(), "logistic": logistic()}
(folder / "baselines.json").write_text(json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n")
