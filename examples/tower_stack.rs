//! A runner between tower's layers: it sends through a tower service, and is itself a service in a stack above it.
//! tower brings its middleware; the runner brings order, flood waits, and a shutdown that loses nothing.
//!
//! ```text
//! cargo run --example tower_stack --features tokio,tower
//! ```

use std::io;
use std::time::Duration;

use telegram_sender::tower::{Classify, ServiceSender};
use telegram_sender::{RateLimiter, Retry, SenderRunner, Tokio};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// The response of an HTTP service.
#[derive(Debug, Clone)]
struct Response {
    status: u16,
    body: String,
}

async fn http_service(path: String) -> Result<Response, io::Error> {
    let status = if path == "/busy" { 503 } else { 200 };
    Ok(Response { status, body: format!("answer to {path}") })
}

/// Classifies the responses by their status.
struct ByStatus;

impl Classify<Response, io::Error> for ByStatus {
    type Message = String;
    type Rejection = u16;

    fn classify(response: Response) -> Result<String, u16> {
        if response.status < 400 { Ok(response.body) } else { Err(response.status) }
    }

    fn is_final(status: &u16) -> bool {
        (400..500).contains(status)
    }
}

#[tokio::main]
async fn main() -> Result<(), tower::BoxError> {
    // Below the runner: each attempt has its timeout. A boxed error is no `Error` itself, so it gets a type here.
    let client = ServiceBuilder::new()
        .map_err(io::Error::other::<tower::BoxError>)
        .timeout(Duration::from_secs(5))
        .service(service_fn(http_service));
    let runner = SenderRunner::builder(ServiceSender::new(client).classify::<ByStatus>())
        .strategy(RateLimiter::new(10, Duration::from_secs(1))?)
        .strategy(Retry::new(1, Duration::from_millis(50)))
        .queue_capacity(100)?
        .prepare(Tokio)
        .start(Tokio)
        .await?;

    // Above the runner: callers pass a name, and wait for a minute at most.
    let mut stack = ServiceBuilder::new()
        .map_request(|name: &str| format!("/{name}"))
        .timeout(Duration::from_secs(60))
        .service(runner.clone());
    for name in ["hello", "busy"] {
        match stack.ready().await?.call(name).await {
            Ok(answer) => println!("{name}: {answer}"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    runner.close().await;
    println!("{:?}", runner.stats());
    Ok(())
}
