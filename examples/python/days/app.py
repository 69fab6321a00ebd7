"""A dataset: questions about dates, drawn from the run's seed."""

import datetime
import json
import secrets
from pathlib import Path

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import dataset
from wit_world.imports import log, random, types

# Read while the component is built: it becomes a part of it.
MANIFEST = Path(__file__).with_name("manifest.json").read_text()

QUESTIONS = [
    "What day of the week is {days} days after {today:%d %B %Y}?",
    "Today is {today:%A, %d %B %Y}. Which date was it {days} days ago?",
    "How many weekends lie in the {days} days after {today:%d %B %Y}?",
]

# What `configure` was given.
given = {}


class Plugin(exports.Plugin):
    def describe(self):
        return MANIFEST

    def configure(self, settings):
        global given
        given = json.loads(settings)["settings"]
        # Python's own randomness begins anew with each call: every instance chooses the same.
        given.setdefault("question", secrets.choice(QUESTIONS))
        if "{days}" not in given["question"]:
            text = "has no {days}, so every prompt would be the same; put it in"
            raise Err(types.Fault_Settings(types.SettingFault("question", text)))
        print("the question is:", given["question"])
        log.write(log.Level.DEBUG, "configured")


class Dataset(exports.Dataset):
    def properties(self):
        return dataset.DatasetProperties(given.get("items"), 1, False, "")

    def generate(self, first, count):
        end = min(first + count, given.get("items", first + count))
        return [Ok(conversation(index)) for index in range(first, end)]


def conversation(index):
    # A function of seed and index alone. Python's own random numbers depend on the call.
    days = int.from_bytes(random.fill("days", index, 4), "little") % 10_000
    # The same date in every run.
    text = given["question"].format(days=days, today=datetime.date.today())
    message = types.Message("user", [types.Part_Text(text)], "")
    turn = dataset.Turn(
        prompt=types.Prompt_Messages([message]),
        media=[],
        input_tokens=None,
        max_tokens=16 + days % 16,
        min_tokens=None,
        pause=0.0,
        scheduled=None,
        after=[],
        reply=None,
        headers=[],
        extra=json.dumps({"user": f"day-{days}"}),
    )
    labels = json.dumps({"parity": "even" if days % 2 == 0 else "odd"})
    return dataset.Conversation(f"days-{index}", None, [turn], labels, "")
