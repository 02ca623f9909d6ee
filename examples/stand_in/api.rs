//! The methods that the stand-in knows, and its answers: `getMe`, `sendMessage`, and Telegram's errors.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Options;
use super::limits::Gate;
use super::tally::Board;

/// The largest body that is read. A Bot API request is small, and a client that sends more than this is wrong.
const LARGEST_BODY: usize = 64 * 1024;
/// Telegram's limit, in characters after parsing the markup. This server does not parse it.
const LONGEST_TEXT: usize = 4096;

/// The service of all connections.
pub(super) struct Service {
    options: Options,
    board: Arc<Board>,
    state: Mutex<State>,
}

struct State {
    gate: Gate,
    /// The planned flood waits that are still to come, the next one last.
    floods: Vec<(usize, Duration)>,
    accepted: usize,
}

/// The fields of a `sendMessage` that the stand-in reads.
#[derive(Deserialize)]
struct Message {
    chat_id: Value,
    #[serde(default)]
    text: String,
}

/// An error as an answer of Telegram.
struct Refusal {
    code: u16,
    description: String,
    retry_after: Option<u64>,
}

impl Service {
    pub(super) fn new(mut options: Options, board: Arc<Board>) -> Self {
        let mut floods = std::mem::take(&mut options.floods);
        floods.sort_by_key(|(after, _)| std::cmp::Reverse(*after));
        let state = Mutex::new(State { gate: Gate::new(options.limits), floods, accepted: 0 });
        Self { options, board, state }
    }

    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        self.board.note(|tally| tally.requests += 1);
        let answer = self.route(request).await;
        let (code, body) = match answer {
            Ok(result) => (200, json!({ "ok": true, "result": result })),
            Err(refusal) => (refusal.code, refusal.body()),
        };
        let mut response = Response::new(Full::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert("content-type", "application/json".parse().expect("a header value"));
        Ok(response)
    }

    /// Routes `/bot<token>/<method>`, the form of Telegram's paths.
    async fn route(&self, request: Request<Incoming>) -> Result<Value, Refusal> {
        let path = request.uri().path().to_owned();
        let Some((token, method)) = path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) else {
            self.board.note(|tally| tally.malformed += 1);
            return Err(Refusal::new(404, "Not Found"));
        };
        if token != self.options.token {
            self.board.note(|tally| tally.unauthorized += 1);
            return Err(Refusal::new(401, "Unauthorized"));
        }
        match method.to_ascii_lowercase().as_str() {
            "getme" => {
                let id = token.split(':').next().and_then(|id| id.parse::<u64>().ok()).unwrap_or(1);
                Ok(json!({
                    "id": id, "is_bot": true, "first_name": "Stand-in", "username": "stand_in_bot",
                    "can_join_groups": true, "can_read_all_group_messages": false,
                    "supports_inline_queries": false,
                }))
            }
            "sendmessage" => {
                let message = read(request).await.inspect_err(|_| {
                    self.board.note(|tally| tally.malformed += 1);
                })?;
                let answer = self.send(message);
                // The message is accepted already, though the client does not know yet.
                smol::Timer::after(self.options.latency).await;
                answer
            }
            _ => {
                self.board.note(|tally| tally.malformed += 1);
                Err(Refusal::new(404, "Not Found"))
            }
        }
    }

    fn send(&self, Message { chat_id, text }: Message) -> Result<Value, Refusal> {
        let chat = chat_id.as_str().map_or_else(|| chat_id.to_string(), str::to_owned);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.board.note(|tally| tally.messages += 1);
        if let Err(wait) = state.admit(&chat) {
            self.board.note(|tally| tally.flood_waits += 1);
            return Err(Refusal::flood(wait));
        }
        if self.options.blocked.contains(&chat) {
            self.board.note(|tally| tally.blocked += 1);
            return Err(Refusal::new(403, "Forbidden: bot was blocked by the user"));
        }
        if self.options.not_found.contains(&chat) {
            self.board.note(|tally| tally.not_found += 1);
            return Err(Refusal::new(400, "Bad Request: chat not found"));
        }
        if let Some(wrong) = wrong_text(&text) {
            self.board.note(|tally| tally.malformed += 1);
            return Err(Refusal::new(400, wrong));
        }
        state.accepted += 1;
        let date = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let result = json!({
            "message_id": state.accepted,
            "date": date,
            "chat": { "id": chat_id.as_i64().unwrap_or(1), "type": "private", "first_name": "Somebody" },
            "text": text,
        });
        self.board.note(|tally| {
            tally.accepted += 1;
            *tally.chats.entry(chat.clone()).or_default() += 1;
            tally.log.push(text.clone());
            tally.texts.insert(chat, text);
        });
        Ok(result)
    }
}

impl State {
    fn admit(&mut self, chat: &str) -> Result<(), Duration> {
        let now = Instant::now();
        if let Some((_, wait)) = self.floods.pop_if(|(after, _)| self.accepted >= *after) {
            self.gate.close_until(now + wait);
        }
        self.gate.admit(chat, now)
    }
}

impl Refusal {
    fn new(code: u16, description: &str) -> Self {
        Self { code, description: description.to_owned(), retry_after: None }
    }

    /// Returns a flood wait, in whole seconds as Telegram asks for it.
    fn flood(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self {
            code: 429,
            description: format!("Too Many Requests: retry after {seconds}"),
            retry_after: Some(seconds),
        }
    }

    fn body(&self) -> Value {
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(seconds) = self.retry_after {
            body["parameters"] = json!({ "retry_after": seconds });
        }
        body
    }
}

async fn read(request: Request<Incoming>) -> Result<Message, Refusal> {
    let body = Limited::new(request.into_body(), LARGEST_BODY).collect().await;
    let body = body.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?.to_bytes();
    serde_json::from_slice(&body).map_err(|_| Refusal::new(400, "Bad Request: chat_id is empty"))
}

fn wrong_text(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("Bad Request: message text is empty");
    }
    (text.chars().count() > LONGEST_TEXT).then_some("Bad Request: message is too long")
}
