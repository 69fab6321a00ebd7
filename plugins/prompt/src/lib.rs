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
mod tests {
    use super::*;
    use loadwright_plugin::Part;

    fn prompt_of(json: &str) -> Prompt {
        let mut items = OnePrompt::configure(json).unwrap().generate(5, 2).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0], items[1]);
        items.remove(0).turns.remove(0).prompt
    }

    #[test]
    fn a_chat_endpoint_gets_one_user_message() {
        let Prompt::Messages(messages) = prompt_of(r#"{"prompt":"hi","apply_chat_template":true}"#)
        else {
            panic!("not messages")
        };
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].role, "user");
        assert_eq!(messages[0].parts, [Part::Text("hi".into())]);
    }

    #[test]
    fn a_completions_endpoint_gets_text() {
        let prompt = prompt_of(r#"{"prompt":"hi","apply_chat_template":false}"#);
        assert_eq!(prompt, Prompt::Text("hi".into()));
    }

    #[test]
    fn no_prompt_is_a_fault_that_names_it() {
        for json in ["{}", r#"{"prompt":null}"#, r#"{"prompt":""}"#] {
            let Err(Fault::Settings(text)) = OnePrompt::configure(json) else {
                panic!("{json} was taken")
            };
            assert!(text.contains("--prompt"));
        }
    }
}
