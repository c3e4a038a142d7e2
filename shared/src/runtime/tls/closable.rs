//! A stream that can be closed from outside.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{alert::marked, closer::Closer};

/// A stream, its [`Closer`], and whatever must live exactly as long.
pub(in crate::runtime) struct Closable<S, T> {
    stream: S,
    closer: Arc<Closer>,
    tied: T,
}

impl<S, T> Closable<S, T> {
    pub(in crate::runtime) fn new(stream: S, closer: Arc<Closer>, tied: T) -> Self {
        Self { stream, closer, tied }
    }

    pub(in crate::runtime) fn tied(&self) -> &T {
        &self.tied
    }
}

impl<S: AsyncRead + Unpin, T: Unpin> AsyncRead for Closable<S, T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.closer.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf).map_err(marked)
    }
}

impl<S: AsyncWrite + Unpin, T: Unpin> AsyncWrite for Closable<S, T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.closer.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.closer.check(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closer.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closer.check(cx)?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
