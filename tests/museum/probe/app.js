// Tells what JavaScript finds in the closed WASI: a dataset whose prompts are the answers.

import manifest from "./manifest.js";

let given;

export const plugin = {
  describe: () => JSON.stringify(manifest),

  configure(settings) {
    given = JSON.parse(settings).settings;
    // SpiderMonkey has a console; QuickJS has none.
    globalThis.console?.log("to standard output");
    globalThis.console?.error("to standard error");
  },
};

export const dataset = {
  properties: () => ({ items: 8, turns: 1, timed: false, extra: "" }),

  generate(first, count) {
    const made = [];
    for (let index = first; index < Math.min(first + count, 8); index++) {
      made.push({ tag: "ok", val: conversation(index) });
    }
    return made;
  },
};

function conversation(index) {
  if (index === given.throw_at) {
    throw new Error(`no item ${index} today`);
  }
  const found = { index, date: new Date().toISOString(), random: Math.random() };
  const turn = {
    prompt: { tag: "text", val: JSON.stringify(found) },
    media: [],
    inputTokens: undefined,
    maxTokens: undefined,
    minTokens: undefined,
    pause: 0,
    scheduled: undefined,
    after: [],
    reply: undefined,
    headers: [],
    extra: "",
  };
  return { id: `probe-${index}`, scheduled: undefined, turns: [turn], labels: "", extra: "" };
}
