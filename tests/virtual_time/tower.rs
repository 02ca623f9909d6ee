//! tower, both ways: a service as the sender, a runner as the service, and a runner in a stack of layers.

mod service;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::common::store::{self, start};
use crate::common::{accepted, ms, now, run, scripted};
use telegram_sender::error::CallError;
use telegram_sender::sender::Delivery;
use telegram_sender::testing::Reply;
use telegram_sender::tower::{Classify, ServiceError, ServiceSender};
use telegram_sender::{MessageSender, NoAnswer, Retry, SendError, SenderRunner};
use tower::{Service, ServiceExt, service_fn};

#[test]
fn a_service_is_a_sender() {
    run(|runtime| async move {
        let double =
            service_fn(|number: u32| async move { if number == 0 { Err("zero") } else { Ok(2 * number) } });
        let builder = SenderRunner::builder(ServiceSender::new(double));
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        assert_eq!(runner.request(21).await.unwrap().await, Ok(42));
        let failed = runner.request(0).await.unwrap().await;
        assert_eq!(failed, Err(SendError::NoAnswer(NoAnswer::Failed("zero"))));
    });
}

/// Is ready at every other poll, and must not be called otherwise.
struct Shy {
    ready: bool,
    calls: Rc<Cell<u32>>,
}

impl Service<u32> for Shy {
    type Response = u32;
    type Error = Infallible;
    type Future = Ready<Result<u32, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = !self.ready;
        if self.ready {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: u32) -> Self::Future {
        assert!(self.ready, "called without being ready");
        self.calls.set(self.calls.get() + 1);
        ready(Ok(request))
    }
}

/// A 4 is a rejection with a wait, a 5 is a final rejection, any other response is a message.
struct ByNumber;

impl Classify<u32, Infallible> for ByNumber {
    type Message = u32;
    type Rejection = u32;

    fn classify(response: u32) -> Result<u32, u32> {
        if matches!(response, 4 | 5) { Err(response) } else { Ok(response) }
    }

    fn retry_after(rejection: &u32) -> Option<Duration> {
        (*rejection == 4).then_some(ms(1000))
    }

    fn is_final(rejection: &u32) -> bool {
        *rejection == 5
    }
}

#[test]
fn a_service_is_called_only_when_it_is_ready_and_its_responses_are_classified() {
    run(|runtime| async move {
        let calls = Rc::new(Cell::new(0));
        let service = Shy { ready: true, calls: Rc::clone(&calls) };
        let builder = SenderRunner::builder(ServiceSender::new(service).classify::<ByNumber>());
        let builder = builder.strategy(Retry::new(2, ms(1)));
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        assert_eq!(runner.request(3).await.unwrap().await, Ok(3));
        assert_eq!(runner.request(4).await.unwrap().await, Err(SendError::Rejected(4)));
        assert_eq!((calls.get(), now(&runtime)), (4, 2000), "sent three times, as the service asked");
        assert_eq!(runner.request(5).await.unwrap().await, Err(SendError::Rejected(5)));
        assert_eq!(calls.get(), 5);
    });
}

#[test]
fn nothing_is_delivered_before_the_service_is_ready() {
    let sender = ServiceSender::new(Shy { ready: true, calls: Rc::default() });
    let delivery = Delivery::new();
    let mut send = pin!(sender.deliver(&7, &delivery));
    let mut poll = || send.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());
    assert!(!delivery.has_begun());
    assert_eq!(poll(), Poll::Ready(Ok(Ok(7))));
    assert!(delivery.has_begun());
}

#[test]
fn what_was_taken_all_the_same_is_for_the_classifier_to_say() {
    struct Late;
    impl Classify<u16, Infallible> for Late {
        type Message = u16;
        type Rejection = u16;
        fn classify(response: u16) -> Result<u16, u16> {
            if response < 400 { Ok(response) } else { Err(response) }
        }
        fn may_have_been_taken(rejection: &u16) -> bool {
            *rejection >= 500
        }
    }
    fn taken<S: MessageSender<Rejection = u16>>(_: &S) -> [bool; 2] {
        [400, 502].map(|rejection| S::may_have_been_taken(&rejection))
    }
    let service = service_fn(|status: u16| ready(Ok::<_, Infallible>(status)));
    assert_eq!(taken(&ServiceSender::new(service).classify::<Late>()), [false, true]);
    assert!(!<ServiceSender<Shy, u32, ByNumber> as MessageSender>::may_have_been_taken(&500));
}

#[test]
fn what_surely_did_not_arrive_is_for_the_classifier_to_say() {
    struct Lost;
    impl Classify<(), &'static str> for Lost {
        type Message = ();
        type Rejection = Infallible;
        fn classify((): ()) -> Result<(), Infallible> {
            Ok(())
        }
        fn may_have_arrived(error: &&'static str) -> bool {
            *error != "refused"
        }
    }
    fn arrived<S: MessageSender<Error = &'static str>>(_: &S) -> [bool; 2] {
        ["refused", "cut"].map(|error| S::may_have_arrived(&error))
    }
    let service = || service_fn(|(): ()| ready(Ok::<_, &'static str>(())));
    assert_eq!(arrived(&ServiceSender::new(service()).classify::<Lost>()), [false, true]);
    assert_eq!(arrived(&ServiceSender::new(service())), [true, true]);
}

#[test]
fn a_runner_is_a_service() {
    run(|runtime| async move {
        let replies = [Reply::accept(), Reply::reject(400)];
        let mut runner = start::<store::OnHeap, _>(&runtime, &scripted(&runtime, replies)).await;
        assert_eq!(runner.ready().await.unwrap().call("a").await, Ok(accepted(0, "a")));
        let rejected = runner.ready().await.unwrap().call("b").await.unwrap_err();
        assert_eq!(
            rejected,
            ServiceError::Call(CallError::Failed(SendError::Rejected(crate::common::rejected(1))))
        );
    });
}

/// tower's own timer needs tokio; here it is tokio's paused one.
#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn it_stands_in_a_stack_of_towers_layers() {
    use futures::future::join_all;
    use telegram_sender::runtime::Timer;
    use telegram_sender::testing::Failed;
    use telegram_sender::{MessageResponse, Tokio};
    use tower::ServiceBuilder;

    struct Slow(std::sync::Arc<std::sync::Mutex<Vec<u64>>>);
    impl MessageSender for Slow {
        type Request = u64;
        type Message = u64;
        type Rejection = &'static str;
        type Error = Failed;
        async fn send_message(&self, millis: &u64) -> Result<MessageResponse<Self>, Failed> {
            self.0.lock().unwrap().push(*millis);
            Tokio.sleep(ms(*millis)).await;
            Ok(Ok(*millis))
        }
    }

    let sent = std::sync::Arc::default();
    let builder = SenderRunner::builder(Slow(std::sync::Arc::clone(&sent))).queue_capacity(10).unwrap();
    let runner = builder.prepare(Tokio).start(Tokio).await.unwrap();
    let stack =
        ServiceBuilder::new().buffer(10).concurrency_limit(2).timeout(ms(100)).service(runner.clone());
    let calls = [70, 80, 90].map(|millis| {
        let stack = stack.clone();
        tokio::spawn(async move { stack.oneshot(millis).await.map_err(|error| error.to_string()) })
    });
    let ends: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    // The second one times out in its send. The third one's time begins when the stack lets it in, and ends in its
    // send too.
    assert_eq!(ends, [Ok(70), Err("request timed out".to_owned()), Err("request timed out".to_owned())]);
    runner.close().await;
    assert_eq!(*sent.lock().unwrap(), [70, 80, 90]);
}
