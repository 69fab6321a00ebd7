//! Kinds of plugin. Each is one row: its interface in the contract and its command-line flags.

use std::fmt;

/// A kind of plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Formats requests and decodes replies.
    Api,
    /// Generates or reads conversations.
    Dataset,
    /// Sends results.
    Exporter,
    /// Names spans and metrics.
    Conventions,
}

struct Row {
    interface: &'static str,
    flag: &'static str,
    settings_flag: &'static str,
    noun: &'static str,
    article: &'static str,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Api, Self::Dataset, Self::Exporter, Self::Conventions];

    const fn row(self) -> Row {
        match self {
            Self::Api => Row {
                interface: "api",
                flag: "api",
                settings_flag: "api-args",
                noun: "API plugin",
                article: "an",
            },
            Self::Dataset => Row {
                interface: "dataset",
                flag: "dataset",
                settings_flag: "dataset-args",
                noun: "dataset",
                article: "a",
            },
            Self::Exporter => Row {
                interface: "exporter",
                flag: "exporter",
                settings_flag: "exporter-option",
                noun: "exporter",
                article: "an",
            },
            Self::Conventions => Row {
                interface: "conventions",
                flag: "exporter-option otlp.conventions",
                settings_flag: "exporter-option",
                noun: "conventions plugin",
                article: "a",
            },
        }
    }

    /// The interface of the contract that a plugin of this kind exports; also the kind's name.
    pub fn interface(self) -> &'static str {
        self.row().interface
    }

    /// The flag that names a plugin of this kind, without dashes.
    pub fn flag(self) -> &'static str {
        self.row().flag
    }

    /// What a plugin of this kind is called in running text.
    pub fn noun(self) -> &'static str {
        self.row().noun
    }

    /// The same with its article: `an API plugin`.
    pub fn one(self) -> String {
        format!("{} {}", self.row().article, self.row().noun)
    }

    /// The flag for the plugin's own settings, without dashes.
    pub fn settings_flag(self) -> &'static str {
        self.row().settings_flag
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.interface())
    }
}
