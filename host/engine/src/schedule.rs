//! When each request is sent: the ready queue, the loads that take requests from it, and the slots
//! that these run.

pub(crate) mod connection_pool;
pub(crate) mod dispatch;
pub(crate) mod drive;
pub(crate) mod ready_queue;
pub(crate) mod slot_runner;
pub(crate) mod thread;
pub(crate) mod timetable;
