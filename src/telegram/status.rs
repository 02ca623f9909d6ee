//! The statuses that mean that a request was surely not accepted.

/// The statuses that mean that the request was not accepted, each with its reason. Quotes are from RFC 9110 unless
/// another source is named.
const REFUSING: [u16; 24] = [
    301, // "has been assigned a new permanent URI": this server does not have what the request is for
    307, // repeat the same request at another URI
    308, // repeat the same request at another URI, always
    400, // "cannot or will not process the request"
    401, // "has not been applied because it lacks valid authentication credentials"
    403, // "refuses to fulfill it"
    404, // there is nothing at this URI that could accept it
    405, // the resource does not support POST
    407, // a proxy requires authentication before it does anything
    410, // there is nothing at this URI any more
    411, // "refuses to accept the request without a defined Content-Length"
    412, // a condition failed, which prevents the method from being applied
    413, // "refusing to process a request because the request content is larger"
    414, // "refusing to service the request because the target URI is longer"
    415, // "refusing to service the request because the content is in a format not supported"
    417, // the expectation in the head was not met, so the content was not used
    421, // the server is "unable or unwilling" to answer for this host; may be sent again elsewhere
    422, // "unable to process the contained instructions"
    425, // "unwilling to risk processing a request that might be replayed" (RFC 8470)
    426, // "refuses to perform the request using the current protocol"
    428, // asks for a condition first (RFC 6585)
    429, // there are too many requests to accept this one (RFC 6585)
    431, // "unwilling to process the request because its header fields are too large" (RFC 6585)
    451, // access is denied for legal reasons (RFC 7725)
];

/// Returns true if `status` means that the request was not accepted, and so no message was posted.
///
/// The request may have been written as a whole. The answer may come from any server on the way to Telegram,
/// before or after the request was passed on, so only the meaning of the status itself counts. Any other status
/// may follow a message that was posted: a 1xx is not final, a 2xx is a success, and a 5xx may come after the
/// request was passed on. The others:
///
/// | status | why the request may have been accepted |
/// | --- | --- |
/// | 300, 304, 305, 306 | say nothing about a POST |
/// | 302, 303 | point to a page to show after a POST, 303 by definition and 302 by custom |
/// | 402, 416, 418, 420 | are not defined for this, and used for anything |
/// | 406 | a server may find only when the work is done that its answer has the wrong form |
/// | 408 | proxies also send it when the server behind them is too slow |
/// | 409 | may mean that the same request is or was being processed |
/// | 423, 424 | are about other resources than this one (RFC 4918) |
/// | 460, 499 | a proxy noticed that its client left, at any time |
/// | other 4xx | unknown |
pub(super) fn refuses(status: u16) -> bool {
    REFUSING.contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_says_so_refuses() {
        for status in [301, 307, 308, 400, 401, 403, 404, 405, 407, 410, 411, 412, 413, 414, 415] {
            assert!(refuses(status), "{status}");
        }
        for status in [417, 421, 422, 425, 426, 428, 429, 431, 451] {
            assert!(refuses(status), "{status}");
        }
    }

    #[test]
    fn any_other_may_follow_a_message_that_was_posted() {
        for status in [300, 302, 303, 304, 305, 306, 402, 406, 408, 409, 416, 418, 419, 420, 423, 424, 427] {
            assert!(!refuses(status), "{status}");
        }
        for status in [430, 440, 444, 449, 450, 460, 463, 464, 494, 495, 496, 497, 498, 499] {
            assert!(!refuses(status), "{status}");
        }
        for status in (0..300).chain(500..1000) {
            assert!(!refuses(status), "{status}");
        }
    }
}
