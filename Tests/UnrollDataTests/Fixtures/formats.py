"""Writes formats.json beside this script: files as numpy, csv, gensim and struct write and read them.

python formats.py, with numpy and gensim. Bytes are in hexadecimal digits.
"""
import csv
import datetime
import io
import json
import pathlib
import struct
import tempfile

import numpy as np
from gensim.models import KeyedVectors

rng = np.random.default_rng(3)


def arrays():
    """Every type, order and version of .npy."""
    found = []
    floats = np.round(rng.normal(size=(3, 5, 2)), 3)
    floats[0, 1, 0] = -0.0
    for code in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "f4", "f8"]:
        for order in "<>":
            type = np.dtype(order + code)
            if type.kind == "f":
                values = floats.astype(type)
            elif type.kind == "b":
                values = rng.random((3, 5, 2)) < 0.5
            else:
                info = np.iinfo(type)
                values = rng.integers(info.min, info.max, (3, 5, 2), dtype=type.newbyteorder("="), endpoint=True)
            for fortran in (False, True):
                version = [(1, 0), (2, 0), (3, 0)][len(found) % 3]
                array = np.array(values, dtype=type, order="F" if fortran else "C")
                found.append((f"{order}{code} {fortran} {version}", array, version))
    for shape in [(), (7,), (0, 4), (1, 1, 6), (2, 3)]:
        for order in "CF":
            found.append((f"{shape} {order}", np.array(rng.normal(size=shape), dtype="<f4", order=order), (1, 0)))
    entries = []
    for name, array, version in found:
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version=version)
        read = np.load(io.BytesIO(file.getvalue()))
        entries.append({
            "name": name, "bytes": file.getvalue().hex(), "shape": list(read.shape),
            "values": read.astype(np.float32).astype(float).ravel().tolist(),
            "integers": None if read.dtype.kind == "f" else [int(x) for x in read.ravel()]})
    return entries


def images():
    """IDX files of every type."""
    codes = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
    entries = []
    for code, type in codes.items():
        for shape in [(5,), (2, 3, 4)]:
            values = (rng.normal(size=shape) * 60).astype(type)
            data = struct.pack(">BBBB", 0, 0, code, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
            entries.append({
                "bytes": (data + values.astype(">" + type).tobytes()).hex(), "shape": list(shape),
                "values": values.astype(np.float32).astype(float).ravel().tolist()})
    return entries


def tables():
    """Tables as Python's csv module reads them."""
    texts = [
        'a,b,c\n1,2,3\n4,5,6\n', 'a,b\r\n1,"x, y"\r\n\r\n2,"he said ""no"""\r\n',
        '"a b","c\nd"\n"1\r\n2",\n,"é"\n', 'a;b;c\n1,5;2;"3;4"\n', 'a\tb\n"x\ty"\t 2 \n', 'one\n1\n"2"\n',
        'a,b\n"",""""\n"""x""",y"z\n', '"date","day","x"\n"1962-12-03","mon",-0.004461']
    entries = []
    for text in texts:
        separator = ";" if ";" in text.split("\n")[0] else "\t" if "\t" in text.split("\n")[0] else ","
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
        entries.append({"text": text, "columns": rows[0], "rows": rows[1:]})
    return entries


def dates():
    days = [datetime.date(*day) for day in [
        (1, 1, 1), (1600, 2, 29), (1899, 12, 31), (1900, 3, 1), (1962, 12, 3), (1969, 12, 31), (1970, 1, 1),
        (2000, 2, 29), (2023, 7, 9), (2024, 12, 31), (9999, 12, 31)]]
    days += [datetime.date.fromordinal(int(n)) for n in rng.integers(1, 3_000_000, 40)]
    epoch = datetime.date(1970, 1, 1)
    return [[str(day), day.weekday(), (day - epoch).days] for day in days]


def vectors():
    """Files of vectors as gensim writes them and reads them, and as word2vec and GloVe write them."""
    words = ["the", "of", "né", "a.b", "12", "日本"]
    values = rng.normal(size=(len(words), 3)).astype(np.float32)
    values[2] = [1e-20, -123456.79, 0.1]
    keyed = KeyedVectors(3)
    keyed.add_vectors(words, values)
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "vectors"
        lines = [" ".join([w] + [repr(float(x)) for x in v]) for w, v in zip(words, values)]
        packed = b"".join(w.encode() + b" " + v.tobytes() + b"\n" for w, v in zip(words, values))
        for name in ["text", "binary", "binary with ends of lines", "glove", "fasttext"]:
            binary = name.startswith("binary")
            if name in ("text", "binary"):
                keyed.save_word2vec_format(path, binary=binary)
            elif binary:
                path.write_bytes(b"6 3\n" + packed)
            elif name == "glove":
                path.write_text("\n".join(lines) + "\n")
            else:
                path.write_text("6 3\n" + "".join(line + " \n" for line in lines))
            read = KeyedVectors.load_word2vec_format(path, binary=binary, no_header=name == "glove")
            entries.append({
                "name": name, "bytes": path.read_bytes().hex(), "words": read.index_to_key,
                "values": read.vectors.astype(float).ravel().tolist()})
    return entries


def standardization():
    columns = rng.normal(size=(3, 11)) * [[3], [1e-3], [1e6]] + [[1], [0], [-5e6]]
    rows = [0, 1, 2, 5, 7, 10]
    chosen = columns[:, rows]
    return {
        "columns": columns.tolist(), "rows": rows, "means": chosen.mean(1).tolist(), "scales": chosen.std(1).tolist(),
        "standardized": ((columns - chosen.mean(1)[:, None]) / chosen.std(1)[:, None]).tolist()}


def windows():
    columns = np.round(rng.normal(size=(2, 12)), 2)
    lags, horizon = 4, 3
    looked = np.lib.stride_tricks.sliding_window_view(columns, lags, axis=1)
    ahead = np.lib.stride_tricks.sliding_window_view(columns[1], horizon)
    count = 12 - lags - horizon + 1
    return {
        "columns": columns.tolist(), "lags": lags, "horizon": horizon,
        "inputs": looked[:, :count].transpose(1, 2, 0).ravel().tolist(),
        "targets": ahead[lags:lags + count].ravel().tolist()}


contents = {
    "npy": arrays(), "idx": images(), "csv": tables(), "dates": dates(), "vectors": vectors(),
    "standardization": standardization(), "windows": windows()}
with open(pathlib.Path(__file__).parent / "formats.json", "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in contents.items()) + "\n}\n")
