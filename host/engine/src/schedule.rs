//! When each request is sent: the ready queue, the load's drivers, and the slots they run.

pub(crate) mod drive;
pub(crate) mod ready_queue;
pub(crate) mod slot_runner;
pub(crate) mod thread;
