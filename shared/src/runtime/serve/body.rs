//! A request body that may not pause for ever.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http_body::{Body, Frame, SizeHint};
use tonic::Status;

use super::guard::Gate;
use crate::runtime::clock::Clock;

/// Fails when the client sends nothing for as long as the limit while the handler waits for it. The time that the
/// handler takes between two messages does not count.
pub(super) struct IdleLimited {
    inner: tonic::body::Body,
    limit: Duration,
    clock: Arc<dyn Clock>,
    gate: Arc<dyn Gate>,
    pause: Option<BoxFuture<'static, ()>>,
}

impl IdleLimited {
    pub(super) fn new(inner: tonic::body::Body, limit: Duration, clock: Arc<dyn Clock>, gate: Arc<dyn Gate>) -> Self {
        Self {
            inner,
            limit,
            clock,
            gate,
            pause: None,
        }
    }
}

impl Body for IdleLimited {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.pause = None;
            return Poll::Ready(frame);
        }
        let pause = this.pause.get_or_insert_with(|| this.clock.sleep(this.limit));
        pause.poll_unpin(cx).map(|()| Some(Err(this.gate.timed_out())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
