//! Faults, in both directions: what guests return, and what the host's functions return to them.

use crate::bindings::bulk::loadwright::plugin::types;
use crate::bindings::conventions::loadwright::plugin::types as conventions;
use crate::bindings::export::loadwright::plugin::types as export;
use crate::bindings::identity::loadwright::plugin::types as plain;
use crate::bindings::index::loadwright::plugin::types as index;
use loadwright_core::foreign::clipped;
use loadwright_core::ports::Fault;
use loadwright_core::setting::SettingFault;
use std::borrow::Cow;

/// Bytes of a fault's text, and of a setting's name, at most.
const TEXT: usize = 4096;
const NAME: usize = 200;

fn said(text: String, most: usize) -> String {
    match clipped(&text, most) {
        Cow::Owned(clipped) => clipped,
        Cow::Borrowed(_) => text,
    }
}

macro_rules! fault {
    ($module:ident) => {
        impl From<$module::Fault> for Fault {
            fn from(fault: $module::Fault) -> Self {
                match fault {
                    $module::Fault::Settings($module::SettingFault { name, text }) => {
                        Self::Settings(SettingFault {
                            name: Some(said(name, NAME)).filter(|name| !name.is_empty()),
                            text: said(text, TEXT),
                        })
                    }
                    $module::Fault::Input(text) => Self::Input(said(text, TEXT)),
                    $module::Fault::Unsupported(text) => Self::Unsupported(said(text, TEXT)),
                    $module::Fault::Transient(text) => Self::Transient(said(text, TEXT)),
                    $module::Fault::Fatal(text) => Self::Fatal(said(text, TEXT)),
                }
            }
        }
    };
}

fault!(types);
fault!(plain);
fault!(index);
fault!(export);
fault!(conventions);

macro_rules! returned {
    ($module:ident) => {
        impl From<Fault> for $module::Fault {
            fn from(fault: Fault) -> Self {
                match fault {
                    Fault::Settings(SettingFault { name, text }) => {
                        let name = name.unwrap_or_default();
                        Self::Settings($module::SettingFault { name, text })
                    }
                    Fault::Input(text) => Self::Input(text),
                    Fault::Unsupported(text) => Self::Unsupported(text),
                    Fault::Transient(text) => Self::Transient(text),
                    Fault::Fatal(text) => Self::Fatal(text),
                }
            }
        }
    };
}

returned!(types);
returned!(export);
