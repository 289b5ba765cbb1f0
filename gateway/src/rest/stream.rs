//! Streams as JSON lines (NDJSON): a message a line, each way.
//!
//! A stream that fails before its first line is refused as any request is. After that its status is sent already, so
//! the failure is the last line: a problem, told from a message by its `type` and `status`.
//!
//! A stream of requests may also come as one JSON list, for callers that have no other kind of body.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body as HttpBody;
use bytes::{Bytes, BytesMut};
use futures::stream;
use http::{HeaderValue, Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::value::RawValue;
use tonic::Status;
use tonic::body::Body;

use super::call::{self, Messages, Origin};
use super::route::Route;
use super::shape::Shapes;
use super::tree::Captured;
use super::{Context, JSON, NDJSON, media, render_reply, reply, request};
use crate::refusal::Refusal;

/// Longest line that is read, in bytes: what a service takes as one message.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// Answers a request for an RPC that streams.
pub(super) async fn serve(
    shapes: Arc<Shapes>,
    route: Arc<Route>,
    captured: Captured,
    context: Context,
    request: Request<HttpBody>,
) -> Result<Response<HttpBody>, Refusal> {
    let (parts, body) = request.into_parts();
    let request_id = Arc::clone(&context.request_id);
    let origin = |retryable| Origin { caller: context.caller.clone(), retryable };
    // What is wrong with a line is found while the call is on its way, and told once the call is over.
    let mistake = Mistake::default();
    let answer = if route.method.descriptor.is_client_streaming() {
        let sent = if media::content_is(&parts.headers, JSON) == Some(true) {
            let list = request::collect(body, context.body_limit).await?;
            messages_of_list(&shapes, &route, &captured, &list)?
        } else {
            request::check_type(&parts.headers, NDJSON, false)?;
            let lines = Lines::new(body, context.body_limit);
            outgoing(Arc::clone(&shapes), Arc::clone(&route), captured, lines, mistake.clone())
        };
        call::send(&route.peer, &route.method, origin(false), sent).await
    } else {
        let body = request::collect(body, context.body_limit).await?;
        request::check_type(&parts.headers, JSON, body.is_empty())?;
        let assembled = request::assemble(&shapes, &route, &parts, &captured, &body)?;
        let body = call::one(&assembled.message);
        call::send(&route.peer, &route.method, origin(assembled.repeatable), body).await
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Err(mistake.take().unwrap_or_else(|| failure.into())),
    };
    if !route.method.descriptor.is_server_streaming() {
        let message = call::single(answer).await;
        if let Some(refusal) = mistake.take() {
            return Err(refusal);
        }
        return reply(&shapes, &route, &message?);
    }
    let mut messages = Messages::of(answer);
    let first = match messages.next().await {
        Some(Err(failure)) => return Err(mistake.take().unwrap_or_else(|| failure.into())),
        Some(Ok(message)) => Some(message),
        None => None,
    };
    let incoming = Incoming { shapes, route, messages, mistake, request_id, first };
    let lines = stream::unfold(Some(incoming), |incoming| async {
        let (line, rest) = incoming?.line().await?;
        Some((Ok::<_, Infallible>(line), rest))
    });
    let mut response = Response::new(HttpBody::from_stream(lines));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}

/// The first mistake in the lines of a request.
#[derive(Clone, Debug, Default)]
struct Mistake(Arc<Mutex<Option<Refusal>>>);

impl Mistake {
    fn put(&self, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The body of a gRPC request whose messages are lines. A mistake breaks the stream off, so that the service does not
/// take what came before it for all there is.
fn outgoing(
    shapes: Arc<Shapes>,
    route: Arc<Route>,
    captured: Captured,
    lines: Lines,
    mistake: Mistake,
) -> Body {
    let frames = stream::unfold(Some(lines), move |lines| {
        let (shapes, route, captured) = (Arc::clone(&shapes), Arc::clone(&route), captured.clone());
        let mistake = mistake.clone();
        async move {
            let mut lines = lines?;
            let message = match lines.next().await {
                Ok(None) => return None,
                Ok(Some(line)) => request::assemble_line(&shapes, &route, &captured, &line, lines.number),
                Err(refusal) => Err(refusal),
            };
            match message {
                Ok(message) => Some((Ok(Frame::data(call::frame(&message))), Some(lines))),
                Err(refusal) => {
                    mistake.put(refusal);
                    // Not "cancelled": a service would take that for the end of the stream.
                    Some((Err(Status::aborted("the request is broken")), None))
                }
            }
        }
    });
    Body::new(StreamBody::new(frames))
}

/// The body of a gRPC request whose messages are the items of a JSON list. All are read before the first is sent, so a
/// mistake in any of them refuses the whole.
fn messages_of_list(
    shapes: &Shapes,
    route: &Route,
    captured: &Captured,
    list: &[u8],
) -> Result<Body, Refusal> {
    let items: Vec<&RawValue> = serde_json::from_slice(list).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = format!("the body is no JSON list at line {line}, column {column}");
        Refusal::malformed(message, "", "must be a JSON list".to_owned())
            .with("line", line)
            .with("column", column)
    })?;
    let mut frames = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let message = request::assemble_line(shapes, route, captured, item.get().as_bytes(), at + 1)?;
        frames.push(Ok::<_, Status>(Frame::data(call::frame(&message))));
    }
    Ok(Body::new(StreamBody::new(stream::iter(frames))))
}

/// The lines of a body.
struct Lines {
    body: HttpBody,
    limit: usize,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
    /// The number of the line that was returned last, from 1.
    number: usize,
    ended: bool,
}

impl Lines {
    fn new(body: HttpBody, limit: usize) -> Self {
        Self { body, limit, buffer: BytesMut::new(), searched: 0, number: 0, ended: false }
    }

    /// The next line that is not blank.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let line = match self.line_in_buffer() {
                Some(line) => line,
                None if self.ended => return Ok(None),
                None => {
                    self.read().await?;
                    continue;
                }
            };
            self.number += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn line_in_buffer(&mut self) -> Option<Bytes> {
        match self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                let line = self.buffer.split_to(self.searched + at + 1).freeze();
                self.searched = 0;
                Some(line)
            }
            None if self.ended && !self.buffer.is_empty() => {
                self.searched = 0;
                Some(self.buffer.split().freeze())
            }
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }

    async fn read(&mut self) -> Result<(), Refusal> {
        if self.buffer.len() > LONGEST_LINE {
            return Err(Refusal::body_too_large(LONGEST_LINE).with("line", self.number + 1));
        }
        match self.body.frame().await {
            None => self.ended = true,
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.buffer.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => return Err(request::broken_body(&error, self.limit)),
        }
        Ok(())
    }
}

/// A streamed reply on its way out.
struct Incoming {
    shapes: Arc<Shapes>,
    route: Arc<Route>,
    messages: Messages,
    mistake: Mistake,
    request_id: Arc<str>,
    /// The message that was awaited before the response began.
    first: Option<Bytes>,
}

impl Incoming {
    /// The next line, and what is left to be sent.
    async fn line(mut self) -> Option<(Bytes, Option<Self>)> {
        let next = match self.first.take() {
            Some(message) => Ok(message),
            None => self.messages.next().await?,
        };
        let mut line = Vec::new();
        let rendered = match next {
            Ok(message) => render_reply(&self.shapes, &self.route, &message, &mut line),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = rendered {
            let refusal = self.mistake.take().unwrap_or_else(|| failure.into());
            line = refusal.problem(&self.request_id, false);
            line.push(b'\n');
            return Some((line.into(), None));
        }
        line.push(b'\n');
        Some((line.into(), Some(self)))
    }
}
