//! Request bodies in, and files out, piece by piece.
//!
//! Invariant: a body is read no further than its bound and waited for no longer than the silence allowed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead as _, ReadBuf};

use super::problem::Problem;
use crate::limits::BODY_SILENCE_S;

/// Bytes of a file that are sent at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// The next piece of a body, or none at its end.
pub(super) async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(BODY_SILENCE_S), body.frame()).await;
        match frame.map_err(|_| Problem::body("the body stopped coming"))? {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::body("the body broke off")),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}

/// A whole body of at most `most` bytes; none when it is longer.
pub(super) async fn whole(mut body: Body, most: u64) -> Result<Option<Vec<u8>>, Problem> {
    let mut all = Vec::new();
    while let Some(piece) = next(&mut body).await? {
        if (all.len() + piece.len()) as u64 > most {
            return Ok(None);
        }
        all.extend_from_slice(&piece);
    }
    Ok(Some(all))
}

/// Part of a file, as a body.
pub(super) struct FileBody {
    file: tokio::fs::File,
    left: u64,
}

impl FileBody {
    /// The next `bytes` bytes of the file.
    pub(super) fn new(file: tokio::fs::File, bytes: u64) -> Self {
        Self { file, left: bytes }
    }
}

impl hyper::body::Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let piece = usize::try_from(this.left)
            .unwrap_or(PIECE_BYTES)
            .min(PIECE_BYTES);
        let mut bytes = BytesMut::zeroed(piece);
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut this.file).poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        if read == 0 {
            return Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())));
        }
        bytes.truncate(read);
        this.left -= read as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes.freeze()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
