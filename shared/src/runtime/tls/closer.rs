//! A switch that ends a connection from outside.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    task::Context,
};

use futures::task::AtomicWaker;

/// Closes one connection: every read and write of it fails from then on, and whoever waits for one is woken.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Closer {
    closed: AtomicBool,
    waker: AtomicWaker,
}

impl Closer {
    /// Closes the connection. May be called any number of times.
    pub(in crate::runtime) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Fails when the connection is closed; otherwise the task will be woken when it gets closed. All reads and
    /// writes of a connection must come from one task, as they do in hyper.
    pub(in crate::runtime) fn check(&self, context: &Context<'_>) -> io::Result<()> {
        self.waker.register(context.waker());
        if self.closed.load(Ordering::Acquire) {
            Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed by this side"))
        } else {
            Ok(())
        }
    }
}
