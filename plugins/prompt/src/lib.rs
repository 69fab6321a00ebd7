//! The dataset `prompt`: the user's own text, the same for every request.

use loadwright_plugin::settings::fault;
use loadwright_plugin::{
    Conversation, Dataset, DatasetProperties, Fault, Prompt, conversation, items, properties,
    settings, turn, user,
};

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
            .ok_or_else(|| fault("prompt", "it is not set: give --prompt"))?;
        let prompt = user(text, given.apply_chat_template.unwrap_or(true));
        Ok(Self { prompt })
    }

    fn properties(&self) -> Result<DatasetProperties, Fault> {
        Ok(properties())
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        Ok(items(first, count, |_| Ok(conversation(turn(self.prompt.clone())))))
    }
}

loadwright_plugin::dataset!(OnePrompt, "manifest.json");

#[cfg(test)]
mod tests;
