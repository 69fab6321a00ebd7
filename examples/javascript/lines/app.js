// A dataset: a table whose rows are `{"text": …, "class": …, "max_tokens": …}`, one prompt a row.

import log from "loadwright:plugin/log@0.1.0";
import rows from "loadwright:plugin/rows@0.1.0";
import manifest from "./manifest.js";

const FILE = "dataset-path";

// What `configure` was given.
let given;

export const plugin = {
  describe: () => JSON.stringify(manifest),

  configure(settings) {
    given = JSON.parse(settings).settings;
    log.write("debug", `prompts are read from the column ${given.column}`);
  },
};

export const dataset = {
  // A fault of the host, such as a file that is no table, is thrown on to it.
  properties: () => ({ items: rows.count(FILE, ""), turns: 1, timed: false, extra: "" }),

  generate(first, count) {
    const columns = [given.column, "class", "max_tokens"];
    const made = [];
    // The host may return fewer rows than were requested; none is the end.
    while (made.length < count) {
      const read = rows.read(FILE, "", columns, first + made.length, count - made.length);
      if (read.length === 0) {
        break;
      }
      for (const row of read) {
        made.push(conversation(JSON.parse(text(row)), first + made.length));
      }
    }
    return made;
  },
};

function conversation(row, index) {
  const prompt = row[given.column];
  if (typeof prompt !== "string") {
    return { tag: "err", val: { tag: "input", val: `row ${index} has no ${given.column}` } };
  }
  const turn = {
    prompt: { tag: "text", val: prompt },
    media: [],
    inputTokens: null,
    maxTokens: row.max_tokens ?? null,
    minTokens: null,
    pause: 0,
    scheduled: null,
    after: [],
    reply: null,
    headers: [{ name: "x-row", value: `${index}` }],
    extra: "",
  };
  const labels = row.class == null ? "" : JSON.stringify({ class: row.class });
  return {
    tag: "ok",
    val: { id: `row-${index}`, scheduled: null, turns: [turn], labels, extra: "" },
  };
}

// QuickJS has no TextDecoder.
function text(bytes) {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return decodeURIComponent(escape(binary));
}
