//! The connections of an engine thread that no request uses.

use crate::exchange::transport::Connection;
use std::sync::Mutex;

/// Connections between requests and between phases. The one used last is taken first.
#[derive(Default)]
pub(crate) struct ConnectionPool(Mutex<Vec<Connection>>);

impl ConnectionPool {
    /// A connection, if there is one.
    pub(crate) fn take(&self) -> Option<Connection> {
        self.0.lock().expect("no code panics while it holds the pool").pop()
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put_back(&self, connection: Option<Connection>) {
        if let Some(connection) = connection {
            self.0.lock().expect("no code panics while it holds the pool").push(connection);
        }
    }
}
