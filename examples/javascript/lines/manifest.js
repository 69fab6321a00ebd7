export default {
  name: "lines_js",
  version: "0.1.0",
  summary: "Prompts from a column of a table, read in JavaScript",
  license: "Apache-2.0",
  authors: ["Loadwright"],
  settings: {
    type: "object",
    properties: {
      column: { type: "string", default: "text", description: "the column that holds the prompts" },
    },
    additionalProperties: false,
  },
  dataset: { prompts: ["text"] },
};
