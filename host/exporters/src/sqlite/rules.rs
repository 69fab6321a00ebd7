//! What statements may do: nothing that reaches another file, changes how SQLite works, or ends the
//! call's transaction.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Functions of SQL that reach files, code or the tokenizers of full-text search.
const REFUSED: [&str; 3] = ["load_extension", "fts3_tokenizer", "edit"];

/// Asked for each action of a statement while it is prepared.
pub(super) fn authorize(context: AuthContext<'_>) -> Authorization {
    let refused = match context.action {
        AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Pragma { .. }
        | AuthAction::CreateVtable { .. }
        | AuthAction::DropVtable { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Unknown { .. } => true,
        AuthAction::Function { function_name } => {
            REFUSED.iter().any(|refused| function_name.eq_ignore_ascii_case(refused))
        }
        _ => false,
    };
    if refused { Authorization::Deny } else { Authorization::Allow }
}
