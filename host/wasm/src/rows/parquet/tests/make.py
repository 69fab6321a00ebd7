"""Writes pyarrow.parquet and what pyarrow reads from it, pyarrow.json (pyarrow 26.0.1)."""

import datetime
import decimal
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

schema = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("tags", pa.list_(pa.string())),
        ("scores", pa.list_(pa.list_(pa.float64()))),
        ("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("counts", pa.map_(pa.string(), pa.int32())),
        ("price", pa.decimal128(9, 2)),
        ("day", pa.date32()),
        ("good", pa.bool_()),
        ("byte", pa.uint8()),
        ("constant", pa.dictionary(pa.int32(), pa.string())),
    ]
)


def row(n):
    return {
        "id": n * 1_000_000_007,
        "text": None if n % 4 == 3 else f"é \"{n}\"\n" * (n % 3),
        "image": None if n == 5 else {"bytes": bytes([n, 255, 0]) * n, "path": f"{n}.png"},
        "tags": None if n == 2 else [None if i == 1 else f"t{i}" for i in range(n % 4)],
        "scores": [[i / 4 for i in range(j)] for j in range(n % 3)],
        "turns": [{"role": "user", "content": None if i else f"q{n}"} for i in range(n % 3)],
        "counts": {f"k{i}": i - 1 for i in range(n % 3)},
        "price": decimal.Decimal(n * 125 - 300) / 100,
        "day": datetime.date(2024, 2, 27) + datetime.timedelta(days=n),
        "good": None if n == 1 else n % 2 == 0,
        "byte": 250 + n % 6,
        "constant": "same",
    }


rows = [row(n) for n in range(20)]
folder = pathlib.Path(__file__).parent
table = pa.Table.from_pylist(rows, schema=schema)
pq.write_table(table, folder / "pyarrow.parquet", row_group_size=8, compression="zstd")
read = pq.read_table(folder / "pyarrow.parquet").to_pylist(maps_as_pydicts="strict")
for one in read:
    if one["image"]:
        one["image"]["bytes"] = list(one["image"]["bytes"])
    one["price"], one["day"] = str(one["price"]), str(one["day"])
(folder / "pyarrow.json").write_text(json.dumps(read, ensure_ascii=False) + "\n")
