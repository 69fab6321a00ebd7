"""A run's own files: what docs/RECORDS.md and docs/MEASUREMENT.md say of them, computed anew."""

import json
import re
import sqlite3
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

MASK = (1 << 64) - 1


def siphash(key, data, words):
    """SipHash-2-4, in hexadecimal digits, of one or two words of 64 bits."""
    rotated = lambda x, by: (x << by | x >> (64 - by)) & MASK
    k0, k1 = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    v[1] ^= 0xEE if words == 2 else 0

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotated(v[1], 13) ^ v[0]
            v[0] = rotated(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotated(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotated(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotated(v[1], 17) ^ v[2]
            v[2] = rotated(v[2], 32)

    whole = len(data) // 8 * 8
    rest = data[whole:].ljust(7, b"\0") + bytes([len(data) & 0xFF])
    for at in range(0, whole + 8, 8):
        word = int.from_bytes((data[:whole] + rest)[at : at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    digest = b""
    for word in range(words):
        if word == 0:
            v[2] ^= 0xEE if words == 2 else 0xFF
        else:
            v[1] ^= 0xDD
        rounds(4)
        digest += (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")
    return digest.hex()


def frames(encoded):
    """The timestamps of a request's frames."""
    bytes_ = iter(encoded)

    def unsigned():
        number, shift = 0, 0
        while (byte := next(bytes_)) >= 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def signed():
        number = unsigned()
        return number >> 1 ^ -(number & 1)

    at, times = 0, []
    for flags in bytes_:
        at = (at + signed()) & MASK
        signed()
        times.append(at)
        if flags & 8:
            unsigned()
    return times


class Point:
    def __init__(self, folder, row):
        self.index, self.name = row["id"], row["name"]
        self.origin, self.begun = row["origin_ns"], row["begun_ns"]
        self.plan = json.loads(row["plan"])
        self.url = urlsplit(self.plan["target"]["url"])
        self.summary = json.loads((folder / self.name / "benchmark_summary.json").read_text())
        self.requests, self.samples = [], []

    def date(self, ns):
        return self.origin + ns


class Request:
    """An attempt, with the metrics that it counts in."""

    def __init__(self, point, row, encoded):
        self.point, self.row, self.frames = point, row, frames(encoded or b"")
        self.ok = row["outcome"] == "ok"
        traced = point.plan["request"]["traceparent"]
        slot = point.index.to_bytes(4, "little") + row["seq"].to_bytes(8, "little")
        turn = slot + row["turn"].to_bytes(4, "little")
        key = bytes.fromhex(traced["key"])
        self.trace = siphash(key, turn, 2)
        self.span = siphash(key, turn + row["attempt"].to_bytes(4, "little"), 1)
        self.sampled = int(self.trace[-14:], 16) >= (1 - traced["ratio"]) * 2**56

    def __getitem__(self, column):
        return self.row[column]

    def took(self, start, end):
        return (self[end] - self[start]) / 1e9

    def tpot(self):
        """Rounded to nanoseconds."""
        tokens = self["output_tokens"] - 1
        return (2 * (self["last_output_ns"] - self["first_output_ns"]) + tokens) // (2 * tokens) / 1e9

    def started(self):
        columns = (self["connect_ns"], self["sent_ns"], self["scheduled_ns"])
        return next(at for at in columns if at is not None)

    def metrics(self):
        """Its metrics in seconds and tokens, by their keys; gaps are a list."""
        found = {}
        if self["warmup"]:
            return found
        if self["attempt"] == 0 and self["sent_ns"] is not None:
            found["dispatch_delay"] = self.took("scheduled_ns", "sent_ns")
        if not (self.ok and self["last_attempt"]):
            return found
        found["latency"] = self.took("sent_ns", "last_output_ns" if self.frames else "end_ns")
        for tokens in ("input_tokens", "output_tokens"):
            if self[tokens] is not None:
                found[tokens] = self[tokens]
        if self["streamed"] and self.frames:
            found["ttft"] = self.took("sent_ns", "first_output_ns")
            found["itl"] = [(b - a) / 1e9 for a, b in zip(self.frames, self.frames[1:])]
            if len(self.frames) > 1 and (self["output_tokens"] or 0) > 1:
                found["tpot"] = self.tpot()
        return found


def entries(log):
    """Entries of a run's log: date in milliseconds, severity, text and source."""
    zone = re.match(r".*local time is UTC(\S+)", log).group(1)
    pieces = re.split(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - (.*?) - ([A-Z]+) - ", log, flags=re.M)[1:]
    severities = {"WARNING": "WARN"}
    for date, source, level, text in zip(*(iter(pieces),) * 4):
        at = round(datetime.fromisoformat(f"{date}{zone}").timestamp() * 1000)
        yield at, severities.get(level, level), text.rstrip(), None if source == "loadwright" else source


class Run:
    def __init__(self, folder):
        folder = Path(folder)
        self.log = list(entries((folder / "benchmark.log").read_text()))
        records = sqlite3.connect(f"file:{folder / 'records.db'}?mode=ro", uri=True)
        records.row_factory = sqlite3.Row
        self.id, self.started = records.execute("SELECT id, started FROM run").fetchone()
        self.points = [Point(folder, row) for row in records.execute("SELECT * FROM point ORDER BY id")]
        joined = "SELECT request.*, encoded FROM request LEFT JOIN frame ON frame.request = request.id ORDER BY id"
        for row in records.execute(joined):
            point = self.points[row["point"]]
            point.requests.append(Request(point, row, row["encoded"]))
        for row in records.execute("SELECT * FROM sample ORDER BY id"):
            self.points[row["point"]].samples.append(row)
        self.requests = [request for point in self.points for request in point.requests]
