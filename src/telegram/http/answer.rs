//! Reads as much of an answer as arrives.

use http_body_util::{BodyExt as _, Limited};
use hyper::Response;
use hyper::body::Incoming;

use super::{failure, gzip};
use crate::telegram::error::TelegramError;

/// The most bytes of an answer that are read. The Bot API's answers take some KiB.
const LONGEST: usize = 4 * 1024 * 1024;

/// An answer of a server: its status, and as much of its body as arrived.
pub(in crate::telegram) struct Answer {
    pub(in crate::telegram) status: u16,
    pub(in crate::telegram) body: Vec<u8>,
    /// The reason if the body is incomplete. The part that came may still contain the result.
    pub(in crate::telegram) cut: Option<TelegramError>,
}

impl Answer {
    pub(super) async fn read(response: Response<Incoming>) -> Self {
        let status = response.status().as_u16();
        let mut rest = Limited::new(response.into_body(), LONGEST);
        let mut body = Vec::new();
        let mut cut = None;
        while let Some(frame) = rest.frame().await {
            match frame {
                Ok(frame) => body.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                Err(error) => {
                    cut = Some(failure::of_answer(&*error, status, LONGEST));
                    break;
                }
            }
        }
        let body = gzip::unpack(body, LONGEST).unwrap_or_else(|| {
            cut = Some(failure::of_length(status, LONGEST));
            Vec::new()
        });
        Self { status, body, cut }
    }
}
