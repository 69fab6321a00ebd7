export default {
  name: "probe_js",
  version: "0.1.0",
  summary: "What JavaScript finds in the closed WASI",
  license: "Apache-2.0",
  authors: ["Loadwright"],
  settings: {
    type: "object",
    properties: { throw_at: { type: "integer", description: "the item that fails" } },
    additionalProperties: false,
  },
  dataset: { prompts: ["text"] },
};
