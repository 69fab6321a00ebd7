//! A conversation of several turns, shared by those of them that are in flight: what was said, and
//! which turns may start. Builds no requests.

use loadwright_core::conversation::{Content, Message, Part, Prompt, Turn};
use loadwright_core::labels::Labels;
use loadwright_core::turn_order::{BadOrder, TurnOrder};
use std::mem::take;
use std::sync::{Mutex, MutexGuard};

/// Which conversation it is, and where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The slot.
    pub(crate) slot: u64,
    /// The dataset's item.
    pub(crate) item: u64,
    /// The dataset's name of it.
    pub(crate) name: String,
    pub(crate) labels: Labels,
}

/// A conversation of several turns.
#[derive(Debug)]
pub(crate) struct ConversationState {
    pub(crate) place: Place,
    spoken: Mutex<Spoken>,
}

/// What was said so far, and the turns that have yet to start.
#[derive(Debug)]
struct Spoken {
    order: TurnOrder,
    turns: Vec<TurnState>,
    /// Turns that have not started.
    unstarted: usize,
    /// The last turn that repeats what was said before it.
    last_repeating: u32,
}

/// One turn of it.
#[derive(Debug)]
struct TurnState {
    /// The turn, until it starts.
    turn: Option<Turn>,
    /// What later turns repeat of it: its prompt, and its reply once it has ended.
    messages: Vec<Message>,
    /// The media of those messages, in the order of their placeholders.
    media: Vec<Content>,
}

/// A turn that starts now.
#[derive(Debug)]
pub(crate) struct StartedTurn {
    /// Its number.
    pub(crate) number: u32,
    /// The turn, its media placeholders counted on from those of the history.
    pub(crate) turn: Turn,
    /// What was said in the turns that it follows.
    pub(crate) history: Vec<Message>,
    /// The media of the history and of the turn.
    pub(crate) media: Vec<Content>,
    /// Whether a turn follows it.
    pub(crate) is_followed: bool,
    /// Whether a later turn repeats its reply.
    pub(crate) needs_reply: bool,
}

/// Why the turns of a conversation cannot be sent as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidConversation {
    #[error(transparent)]
    Order(#[from] BadOrder),
    #[error(
        "turn {turn} repeats turn {before}, which is {what} and so has no messages to repeat; give \
         it a prompt that is a whole request too"
    )]
    NothingToRepeat { turn: u32, before: u32, what: &'static str },
}

impl ConversationState {
    /// The conversation of `turns` at `place`.
    ///
    /// # Errors
    /// A turn follows one that does not come before it, or repeats one that has no messages.
    pub(crate) fn new(place: Place, turns: Vec<Turn>) -> Result<Self, InvalidConversation> {
        let order = TurnOrder::new(&turns)?;
        check_repeated(&order, &turns)?;
        let last_repeating = turns.iter().rposition(|turn| whole(&turn.prompt).is_none());
        let spoken = Spoken {
            order,
            unstarted: turns.len(),
            last_repeating: last_repeating.unwrap_or_default() as u32,
            turns: turns.into_iter().map(TurnState::new).collect(),
        };
        Ok(Self { place, spoken: Mutex::new(spoken) })
    }

    /// Starts turn `number`, all of whose predecessors have ended; `None`: it has started already.
    pub(crate) fn start(&self, number: u32) -> Option<StartedTurn> {
        self.lock().start(number)
    }

    /// Takes note that turn `number` has ended, with `reply` where a later turn repeats that. Returns
    /// the turns that may start now.
    pub(crate) fn end(&self, number: u32, reply: Option<Message>) -> Vec<u32> {
        let mut spoken = self.lock();
        if let Some(turn) = spoken.turns.get_mut(number as usize) {
            turn.messages.extend(reply);
        }
        spoken.order.end(number)
    }

    fn lock(&self) -> MutexGuard<'_, Spoken> {
        self.spoken.lock().expect("no code panics while it holds a conversation")
    }
}

impl StartedTurn {
    /// The only turn of a conversation.
    pub(crate) fn only(mut turn: Turn) -> Self {
        let media = take(&mut turn.media);
        let history = Vec::new();
        Self { number: 0, turn, history, media, is_followed: false, needs_reply: false }
    }
}

impl TurnState {
    fn new(turn: Turn) -> Self {
        Self { turn: Some(turn), messages: Vec::new(), media: Vec::new() }
    }
}

impl Spoken {
    fn start(&mut self, number: u32) -> Option<StartedTurn> {
        let mut turn = self.turns.get_mut(number as usize)?.turn.take()?;
        self.unstarted -= 1;
        let (history, mut media) = match whole(&turn.prompt) {
            Some(_) => Default::default(),
            None => self.history(number),
        };
        let is_followed = self.order.is_followed(number);
        let repeated = is_followed && number < self.last_repeating;
        let needs_reply = repeated && turn.reply.is_none();
        if repeated {
            let own = &mut self.turns[number as usize];
            own.messages = messages(&turn.prompt);
            own.messages.extend(turn.reply.take());
            own.media = turn.media.clone();
        }
        shift_prompt(&mut turn.prompt, media.len());
        media.append(&mut turn.media);
        Some(StartedTurn { number, turn, history, media, is_followed, needs_reply })
    }

    /// The messages of all turns that `number` follows, in order, and their media.
    fn history(&mut self, number: u32) -> (Vec<Message>, Vec<Content>) {
        // Nobody repeats them after the last turn has started.
        let is_last = self.unstarted == 0;
        let (mut messages, mut media) = (Vec::new(), Vec::new());
        for earlier in self.order.ancestors(number) {
            let earlier = &mut self.turns[earlier as usize];
            let first = messages.len();
            if is_last {
                messages.append(&mut earlier.messages);
            } else {
                messages.extend_from_slice(&earlier.messages);
            }
            shift(messages[first..].iter_mut().flat_map(|it| &mut it.parts), media.len());
            media.extend_from_slice(&earlier.media);
        }
        (messages, media)
    }
}

/// Reports a turn that repeats one without messages.
fn check_repeated(order: &TurnOrder, turns: &[Turn]) -> Result<(), InvalidConversation> {
    // For each turn, a turn without messages among it and those that it follows.
    let mut without: Vec<Option<u32>> = Vec::with_capacity(turns.len());
    for (number, turn) in (0..).zip(turns) {
        let inherited = order.before(number).iter().find_map(|&before| without[before as usize]);
        match (inherited, whole(&turn.prompt)) {
            (Some(before), None) => {
                let what = whole(&turns[before as usize].prompt).unwrap_or_default();
                return Err(InvalidConversation::NothingToRepeat { turn: number, before, what });
            }
            (_, Some(_)) => without.push(Some(number)),
            (None, None) => without.push(None),
        }
    }
    Ok(())
}

/// What a prompt is that is a whole request by itself: it repeats nothing, and cannot be repeated.
fn whole(prompt: &Prompt) -> Option<&'static str> {
    match prompt {
        Prompt::Messages(_) | Prompt::Text(_) => None,
        Prompt::Tokens(_) => Some("a list of token ids"),
        Prompt::Inputs(_) => Some("a list of inputs"),
        Prompt::Ranking { .. } => Some("a query with documents"),
        Prompt::Body(_) => Some("a whole recorded body"),
        Prompt::Custom { .. } => Some("a prompt of a kind of its own"),
    }
}

/// The messages of `prompt`, as a later turn repeats them.
pub(crate) fn messages(prompt: &Prompt) -> Vec<Message> {
    match prompt {
        Prompt::Messages(messages) => messages.clone(),
        Prompt::Text(text) => vec![Message::text("user", text.as_str())],
        _ => Vec::new(),
    }
}

/// Numbers the media placeholders of `prompt` from `first` on.
fn shift_prompt(prompt: &mut Prompt, first: usize) {
    match prompt {
        Prompt::Messages(messages) => {
            shift(messages.iter_mut().flat_map(|message| &mut message.parts), first);
        }
        Prompt::Inputs(inputs) => shift(inputs.iter_mut().flatten(), first),
        Prompt::Ranking { query, documents } => {
            shift(query.iter_mut().chain(documents.iter_mut().flatten()), first);
        }
        Prompt::Text(_) | Prompt::Tokens(_) | Prompt::Body(_) | Prompt::Custom { .. } => {}
    }
}

fn shift<'a>(parts: impl Iterator<Item = &'a mut Part>, first: usize) {
    if first == 0 {
        return;
    }
    for part in parts {
        if let Part::Media(media) = part {
            media.index = media.index.saturating_add(u32::try_from(first).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests;
