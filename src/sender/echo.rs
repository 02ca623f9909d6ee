//! The sender of unit tests.

use super::MessageSender;

/// Answers each request with the request itself.
pub(crate) struct Echo;

impl MessageSender for Echo {
    type Request = u64;
    type Message = u64;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u64) -> Result<Result<u64, ()>, ()> {
        Ok(Ok(*request))
    }
}
