//! Faults, in both directions: what guests return, and what the host's functions return to them.

use crate::bindings::bulk::loadwright::plugin::types;
use crate::bindings::identity::loadwright::plugin::types as plain;
use loadwright_core::ports::Fault;
use loadwright_core::setting::SettingFault;

macro_rules! fault {
    ($module:ident) => {
        impl From<$module::Fault> for Fault {
            fn from(fault: $module::Fault) -> Self {
                match fault {
                    $module::Fault::Settings($module::SettingFault { name, text }) => {
                        Self::Settings(SettingFault {
                            name: Some(name).filter(|name| !name.is_empty()),
                            text,
                        })
                    }
                    $module::Fault::Input(text) => Self::Input(text),
                    $module::Fault::Unsupported(text) => Self::Unsupported(text),
                    $module::Fault::Transient(text) => Self::Transient(text),
                    $module::Fault::Fatal(text) => Self::Fatal(text),
                }
            }
        }
    };
}

fault!(types);
fault!(plain);

impl From<Fault> for types::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Settings(SettingFault { name, text }) => {
                Self::Settings(types::SettingFault { name: name.unwrap_or_default(), text })
            }
            Fault::Input(text) => Self::Input(text),
            Fault::Unsupported(text) => Self::Unsupported(text),
            Fault::Transient(text) => Self::Transient(text),
            Fault::Fatal(text) => Self::Fatal(text),
        }
    }
}
