//! Where the value of a setting or a secret comes from.

use serde::Deserialize;
use std::fmt;

/// The longest text of a source, in bytes.
const LONGEST: usize = 256;

/// Where a value comes from. In the names of files, `~` is the user's home, `$NAME` a variable of the
/// environment, and `./` the working directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Members")]
pub enum Source {
    /// A flag of the command line, without dashes.
    Flag(String),
    /// A variable of the environment.
    Env(String),
    /// A key in a section of an INI file.
    Ini {
        /// Its name.
        file: String,
        /// Of the file.
        section: String,
        /// In the section.
        key: String,
    },
    /// A key of a YAML file, nested ones separated by dots.
    Yaml {
        /// Its name.
        file: String,
        /// In the file.
        key: String,
    },
    /// A key of a HOCON file, nested ones separated by dots.
    Hocon {
        /// Its name.
        file: String,
        /// In the file.
        key: String,
    },
    /// A variable of a file of variables.
    Dotenv {
        /// Its name.
        file: String,
        /// In the file.
        key: String,
    },
    /// An entry of a netrc file.
    Netrc {
        /// Its name.
        file: String,
        /// The machine of the entry: a host with its port, a URL, or `{setting:KEY}`; empty: the
        /// only entry.
        machine: String,
        /// What is taken of it.
        field: NetrcField,
    },
    /// Another setting's text, in which one part is replaced by another; none where it has no such
    /// part. The other setting may not come from a third one.
    Setting {
        /// The other setting.
        name: String,
        /// The part.
        replace: String,
        /// What takes its place.
        by: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(out, "--{name}"),
            Self::Env(name) => write!(out, "{name}"),
            Self::Ini { file, section, key } => write!(out, "{key} in [{section}] of {file}"),
            Self::Yaml { file, key } | Self::Hocon { file, key } | Self::Dotenv { file, key } => {
                write!(out, "{key} in {file}")
            }
            Self::Netrc { file, machine, field } => {
                let field = match field {
                    NetrcField::Machine => "machine",
                    NetrcField::Login => "login",
                    NetrcField::Password => "password",
                };
                let of = if machine.is_empty() { "its entry" } else { machine };
                write!(out, "{field} of {of} in {file}")
            }
            Self::Setting { name, replace, by } => {
                write!(out, "setting {name} with {by} for {replace}")
            }
        }
    }
}

/// A part of an entry of a netrc file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetrcField {
    /// The machine.
    Machine,
    /// The login.
    Login,
    /// The password.
    #[default]
    Password,
}

/// The members that sources have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    flag: Option<String>,
    env: Option<String>,
    ini: Option<String>,
    yaml: Option<String>,
    hocon: Option<String>,
    dotenv: Option<String>,
    netrc: Option<String>,
    setting: Option<String>,
    section: Option<String>,
    key: Option<String>,
    machine: Option<String>,
    field: Option<NetrcField>,
    replace: Option<String>,
    by: Option<String>,
}

impl TryFrom<Members> for Source {
    type Error = String;

    fn try_from(mut members: Members) -> Result<Self, String> {
        let source = members.take()?;
        let Members { section, key, machine, replace, by, .. } = &members;
        let left = [section, key, machine, replace, by];
        if left.iter().any(|member| member.is_some()) || members.field.is_some() {
            return Err("a source has a member that belongs to another kind of source".into());
        }
        Ok(source)
    }
}

impl Members {
    /// The source that its one kind makes of them.
    fn take(&mut self) -> Result<Source, String> {
        let kinds = [
            self.flag.take().map(|name| ("flag", name)),
            self.env.take().map(|name| ("env", name)),
            self.ini.take().map(|name| ("ini", name)),
            self.yaml.take().map(|name| ("yaml", name)),
            self.hocon.take().map(|name| ("hocon", name)),
            self.dotenv.take().map(|name| ("dotenv", name)),
            self.netrc.take().map(|name| ("netrc", name)),
            self.setting.take().map(|name| ("setting", name)),
        ];
        let mut given = kinds.into_iter().flatten();
        let (Some((kind, name)), None) = (given.next(), given.next()) else {
            return Err(
                "a source is one of flag, env, ini, yaml, hocon, dotenv, netrc and setting".into(),
            );
        };
        check("the name of a source", &name)?;
        Ok(match kind {
            "flag" => Source::Flag(name),
            "env" => Source::Env(name),
            "ini" => {
                let section = self.section.take().unwrap_or_default();
                Source::Ini { file: name, section, key: self.key(kind)? }
            }
            "yaml" => Source::Yaml { file: name, key: self.key(kind)? },
            "hocon" => Source::Hocon { file: name, key: self.key(kind)? },
            "dotenv" => Source::Dotenv { file: name, key: self.key(kind)? },
            "setting" => Source::Setting {
                name,
                replace: required(self.replace.take(), "replace", kind)?,
                by: required(self.by.take(), "by", kind)?,
            },
            _ => Source::Netrc {
                file: name,
                machine: self.machine.take().unwrap_or_default(),
                field: self.field.take().unwrap_or_default(),
            },
        })
    }

    fn key(&mut self, kind: &str) -> Result<String, String> {
        required(self.key.take(), "key", kind)
    }
}

fn required(member: Option<String>, name: &str, kind: &str) -> Result<String, String> {
    let text = member.ok_or_else(|| format!("the source {kind} needs a `{name}`"))?;
    check(&format!("a `{name}`"), &text)?;
    Ok(text)
}

fn check(what: &str, text: &str) -> Result<(), String> {
    let is_plain = !text.is_empty() && !text.chars().any(char::is_control);
    match is_plain && text.len() <= LONGEST {
        true => Ok(()),
        false => Err(format!("{what} is not a line of at most {LONGEST} bytes")),
    }
}
