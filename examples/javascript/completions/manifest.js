export default {
  name: "completions_js",
  version: "0.1.0",
  summary: "Text completions, formatted and read in JavaScript",
  license: "Apache-2.0",
  authors: ["Loadwright"],
  settings: {
    type: "object",
    properties: {
      suffix: { type: "string", description: "a text that follows the completion" },
      reading: {
        enum: ["plan", "decode"],
        default: "plan",
        description: "read replies by a reading plan, or by `decode`",
      },
    },
    additionalProperties: false,
  },
  api: {
    prompts: ["text", "tokens", "messages"],
    root: "/v1",
    paths: { text: "/completions", tokens: "/completions", messages: "/completions" },
    auth: { header: "Authorization", value: "Bearer {{api-key}}" },
    stream: true,
  },
};
