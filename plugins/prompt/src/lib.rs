//! The dataset `prompt`: the user's own text, the same for every request.

use loadwright_plugin::{Conversation, Dataset, Fault, Prompt, conversation, settings, turn, user};

/// The prompt, ready to be repeated.
#[derive(Debug)]
pub struct OnePrompt {
    prompt: Prompt,
}

impl Dataset for OnePrompt {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let text = given
            .prompt
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Fault::Settings("prompt: there is none: give --prompt".into()))?;
        let prompt = user(text, given.apply_chat_template.unwrap_or(true));
        Ok(Self { prompt })
    }

    fn size(&self) -> Result<Option<u32>, Fault> {
        Ok(None)
    }

    fn generate(&self, _first: u32, count: u32) -> Result<Vec<Conversation>, Fault> {
        Ok((0..count).map(|_| conversation(turn(self.prompt.clone()))).collect())
    }
}

loadwright_plugin::dataset!(OnePrompt, "manifest.json");

#[cfg(test)]
mod tests;
