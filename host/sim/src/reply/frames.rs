//! The frames of an event stream: completion chunks, usage, the end mark.

use super::Reply;
use super::request::Endpoint;
use super::vocabulary::Vocabulary;
use crate::fault::LineEnd;
use std::io::Write;
use std::ops::Range;

/// Composes the frames of a reply; their common prefix is composed once.
#[derive(Debug)]
pub(crate) struct FrameComposer<'a> {
    reply: &'a Reply,
    vocabulary: &'a Vocabulary,
    /// From `data:` to the opening bracket of the choices.
    prefix: Vec<u8>,
    line_end: &'static [u8],
}

/// The line format of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameFormat {
    pub(crate) line_end: LineEnd,
    pub(crate) multi_line: bool,
}

impl<'a> FrameComposer<'a> {
    pub(crate) fn new(reply: &'a Reply, vocabulary: &'a Vocabulary, format: FrameFormat) -> Self {
        let line_end: &[u8] = match format.line_end {
            LineEnd::Lf => b"\n",
            LineEnd::Crlf => b"\r\n",
            LineEnd::Cr => b"\r",
        };
        let object = match reply.endpoint {
            Endpoint::Chat => "chat.completion.chunk",
            Endpoint::Completions => "text_completion",
        };
        let mut prefix = b"data: ".to_vec();
        reply.write_common_members(object, &mut prefix);
        if format.multi_line {
            prefix.extend_from_slice(line_end);
            prefix.extend_from_slice(b"data: ");
        }
        prefix.extend_from_slice(br#""choices":["#);
        Self { reply, vocabulary, prefix, line_end }
    }

    /// A frame with tokens of a choice.
    pub(crate) fn output(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        self.open_choice(choice, to);
        let text_seed = self.reply.text_seed(choice);
        let reasoning = self.reply.reasoning;
        if self.reply.endpoint == Endpoint::Completions {
            to.extend_from_slice(br#","text":""#);
            self.text(text_seed, tokens.clone(), to);
            to.push(b'"');
            return self.end_output(choice, tokens, to);
        }
        let role: &[u8] = if tokens.start == 0 { br#""role":"assistant","# } else { b"" };
        to.extend_from_slice(br#","delta":{"#);
        to.extend_from_slice(role);
        if tokens.start < reasoning {
            to.extend_from_slice(br#""reasoning_content":""#);
            self.text(text_seed, tokens.clone(), to);
            to.push(b'"');
        } else if self.reply.tool_call {
            self.tool_call(choice, tokens.clone(), to);
        } else {
            to.extend_from_slice(br#""content":""#);
            self.text(text_seed, tokens.clone(), to);
            to.push(b'"');
        }
        to.push(b'}');
        self.end_output(choice, tokens, to);
    }

    /// The rest of a frame after its text.
    fn end_output(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        if self.reply.logprobs {
            let logprobs = self.reply.token_logprobs(choice, tokens, self.vocabulary);
            write!(to, r#","logprobs":{logprobs}"#).expect("a Vec takes all bytes");
        } else {
            to.extend_from_slice(br#","logprobs":null"#);
        }
        to.extend_from_slice(br#","finish_reason":null}]}"#);
        self.end(to);
    }

    /// A frame with only a role.
    pub(crate) fn role(&self, choice: u32, to: &mut Vec<u8>) {
        self.open_choice(choice, to);
        let delta: &[u8] = match self.reply.endpoint {
            Endpoint::Chat => {
                br#","delta":{"role":"assistant","content":""},"finish_reason":null}]}"#
            }
            Endpoint::Completions => br#","text":"","finish_reason":null}]}"#,
        };
        to.extend_from_slice(delta);
        self.end(to);
    }

    /// A frame with the finish reason of a choice.
    pub(crate) fn finish(&self, choice: u32, to: &mut Vec<u8>) {
        self.open_choice(choice, to);
        let empty = match self.reply.endpoint {
            Endpoint::Chat => r#""delta":{}"#,
            Endpoint::Completions => r#""text":"""#,
        };
        let reason = self.reply.finish_reason(choice);
        write!(to, r#",{empty},"finish_reason":"{reason}"}}]}}"#).expect("a Vec takes all bytes");
        self.end(to);
    }

    /// The usage frame, which has no choices.
    pub(crate) fn usage(&self, prompt: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.prefix);
        to.extend_from_slice(b"],");
        self.reply.write_usage(prompt, to);
        to.push(b'}');
        self.end(to);
    }

    /// A frame with this data.
    pub(crate) fn data(&self, data: &str, to: &mut Vec<u8>) {
        to.extend_from_slice(b"data: ");
        to.extend_from_slice(data.as_bytes());
        self.end(to);
    }

    /// A comment and an empty event.
    pub(crate) fn comment(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(b": keep-alive");
        self.end(to);
    }

    /// Removes the blank line after the last frame.
    pub(crate) fn remove_blank_line(&self, to: &mut Vec<u8>) {
        to.truncate(to.len() - self.line_end.len());
    }

    fn open_choice(&self, choice: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.prefix);
        write!(to, r#"{{"index":{choice}"#).expect("a Vec takes all bytes");
    }

    fn text(&self, text_seed: u64, tokens: Range<u32>, to: &mut Vec<u8>) {
        for token in tokens {
            self.vocabulary.json(text_seed, token, to);
        }
    }

    fn tool_call(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        let first = tokens.start == self.reply.reasoning;
        let last = tokens.end == self.reply.output_tokens(choice);
        to.extend_from_slice(br#""tool_calls":[{"index":0,"#);
        if first {
            let index = self.reply.identity.index;
            write!(to, r#""id":"call_{index}_{choice}","type":"function","#)
                .expect("a Vec takes all bytes");
        }
        let name: &[u8] = if first { br#""name":"look_up","# } else { b"" };
        to.extend_from_slice(br#""function":{"#);
        to.extend_from_slice(name);
        to.extend_from_slice(br#""arguments":""#);
        if first {
            to.extend_from_slice(br#"{\"query\":\""#);
        }
        let text_seed = self.reply.text_seed(choice);
        for token in tokens {
            self.vocabulary.nested_json(text_seed, token, to);
        }
        if last {
            to.extend_from_slice(br#"\"}"#);
        }
        to.extend_from_slice(br#""}}]"#);
    }

    fn end(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.line_end);
        to.extend_from_slice(self.line_end);
    }
}
