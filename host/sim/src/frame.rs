//! The bytes of event-stream frames: chunks of a chat or text completion, usage, the end mark.

use crate::answer::Reply;
use crate::ask::Endpoint;
use crate::fault::LineEnd;
use crate::words::Vocabulary;
use std::io::Write;
use std::ops::Range;

/// Composes a reply's frames; what all frames share is made once.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    reply: &'a Reply,
    vocabulary: &'a Vocabulary,
    /// From `data:` to the choices' bracket.
    open: Vec<u8>,
    line_end: &'static [u8],
}

/// How a stream departs from the plain shape.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    pub(crate) line_end: LineEnd,
    pub(crate) multi_line: bool,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(reply: &'a Reply, vocabulary: &'a Vocabulary, shape: Shape) -> Self {
        let line_end: &[u8] = match shape.line_end {
            LineEnd::Lf => b"\n",
            LineEnd::Crlf => b"\r\n",
            LineEnd::Cr => b"\r",
        };
        let object = match reply.endpoint {
            Endpoint::Chat => "chat.completion.chunk",
            Endpoint::Completions => "text_completion",
        };
        let mut open = b"data: ".to_vec();
        reply.write_open(object, &mut open);
        if shape.multi_line {
            open.extend_from_slice(line_end);
            open.extend_from_slice(b"data: ");
        }
        open.extend_from_slice(br#""choices":["#);
        Self { reply, vocabulary, open, line_end }
    }

    /// Tokens `tokens` of a choice.
    pub(crate) fn output(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        self.open_choice(choice, to);
        let voice = self.reply.voice(choice);
        let reasoning = self.reply.reasoning;
        if self.reply.endpoint == Endpoint::Completions {
            to.extend_from_slice(br#","text":""#);
            self.text(voice, tokens.clone(), to);
            to.push(b'"');
            return self.unfinished(choice, tokens, to);
        }
        let role: &[u8] = if tokens.start == 0 { br#""role":"assistant","# } else { b"" };
        to.extend_from_slice(br#","delta":{"#);
        to.extend_from_slice(role);
        if tokens.start < reasoning {
            to.extend_from_slice(br#""reasoning_content":""#);
            self.text(voice, tokens.clone(), to);
            to.push(b'"');
        } else if self.reply.tool_call {
            self.tool_call(choice, tokens.clone(), to);
        } else {
            to.extend_from_slice(br#""content":""#);
            self.text(voice, tokens.clone(), to);
            to.push(b'"');
        }
        to.push(b'}');
        self.unfinished(choice, tokens, to);
    }

    /// The rest of a frame behind its text.
    fn unfinished(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        if self.reply.lists_tokens {
            let logprobs = self.reply.logprobs(choice, tokens, self.vocabulary);
            write!(to, r#","logprobs":{logprobs}"#).expect("a Vec takes all bytes");
        } else {
            to.extend_from_slice(br#","logprobs":null"#);
        }
        to.extend_from_slice(br#","finish_reason":null}]}"#);
        self.end(to);
    }

    /// A role and nothing else.
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

    /// A choice's end.
    pub(crate) fn finish(&self, choice: u32, to: &mut Vec<u8>) {
        self.open_choice(choice, to);
        let empty = match self.reply.endpoint {
            Endpoint::Chat => r#""delta":{}"#,
            Endpoint::Completions => r#""text":"""#,
        };
        let reason = self.reply.finish(choice);
        write!(to, r#",{empty},"finish_reason":"{reason}"}}]}}"#).expect("a Vec takes all bytes");
        self.end(to);
    }

    /// The usage frame, for a prompt of so many tokens: no choices.
    pub(crate) fn usage(&self, prompt: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.open);
        to.extend_from_slice(b"],");
        self.reply.write_usage(prompt, to);
        to.push(b'}');
        self.end(to);
    }

    /// A frame of `data`.
    pub(crate) fn data(&self, data: &str, to: &mut Vec<u8>) {
        to.extend_from_slice(b"data: ");
        to.extend_from_slice(data.as_bytes());
        self.end(to);
    }

    /// A comment, and an event that says nothing.
    pub(crate) fn comment(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(b": keep-alive");
        self.end(to);
    }

    /// Takes the blank line after the last frame back.
    pub(crate) fn unblank(&self, to: &mut Vec<u8>) {
        to.truncate(to.len() - self.line_end.len());
    }

    fn open_choice(&self, choice: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.open);
        write!(to, r#"{{"index":{choice}"#).expect("a Vec takes all bytes");
    }

    fn text(&self, voice: u64, tokens: Range<u32>, to: &mut Vec<u8>) {
        for token in tokens {
            self.vocabulary.json(voice, token, to);
        }
    }

    fn tool_call(&self, choice: u32, tokens: Range<u32>, to: &mut Vec<u8>) {
        let first = tokens.start == self.reply.reasoning;
        let last = tokens.end == self.reply.outputs(choice);
        to.extend_from_slice(br#""tool_calls":[{"index":0,"#);
        if first {
            let index = self.reply.index;
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
        let voice = self.reply.voice(choice);
        for token in tokens {
            self.vocabulary.nested_json(voice, token, to);
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
