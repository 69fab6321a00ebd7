//! Schedules, sends and stamps requests: the only code that drives sockets.
