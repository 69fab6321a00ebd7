"""An exporter: a row a point in a CSV file."""

import csv
import io
import json
from pathlib import Path

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import exporter
from wit_world.imports import artifacts, clock, types

# Read while the component is built: it becomes a part of it.
MANIFEST = Path(__file__).with_name("manifest.json").read_text()

file = ""
names = []
points = []


class Plugin(exports.Plugin):
    def describe(self):
        return MANIFEST

    def configure(self, settings):
        global file
        file = json.loads(settings)["settings"]["file"]
        if not file.endswith(".csv"):
            raise Err(types.Fault_Settings(types.SettingFault("file", "does not end in .csv")))


class Exporter(exports.Exporter):
    def begin(self, run):
        global names, points
        names = [metric.name for metric in run.summary_metrics]
        points = run.points
        print("rows go to", file, "from", int(clock.now()))
        if not any(entry.name == file for entry in artifacts.entries("")):
            append(["index", "point", "verdict", *names])
        return ack()

    def begin_point(self, point):
        return ack()

    def progress(self, point, rows):
        return ack()

    def requests(self, point, requests):
        return ack()

    def end_point(self, point, summary):
        append([point, points[point], summary.verdict, *summary.values])
        return ack()

    def end(self, end_reason):
        return ack()


def append(row):
    text = io.StringIO()
    csv.writer(text).writerow(row)
    artifacts.append(file, text.getvalue().encode())


def ack(state=None):
    return exporter.Ack(state, None, [], [], "")
