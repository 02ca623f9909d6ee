//! Types that move to other threads, as the compiler sees them. `tests/ui` has the code that must not compile.

use std::rc::Rc;

use telegram_sender::testing::VirtualTimer;
use telegram_sender::{
    CompositeStrategy, Delay, MessageResponse, MessageSender, Results, SenderRunner, Smol, Ticket,
};

/// Sends `Req`, and holds a `Held`.
struct Sender<Req, Held>(Held, std::marker::PhantomData<fn() -> Req>);

impl<Req, Held> MessageSender for Sender<Req, Held> {
    type Request = Req;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, _: &Req) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(()))
    }
}

/// Detects if a type is `Send`: an inherent constant wins over that of the trait.
struct IsSend<T>(std::marker::PhantomData<T>);

trait NotSend {
    const IS_SEND: bool = false;
}

impl<T> NotSend for IsSend<T> {}

impl<T: Send> IsSend<T> {
    const IS_SEND: bool = true;
}

macro_rules! is_send {
    ($type:ty) => {
        <IsSend<$type>>::IS_SEND
    };
}

type Moves = Sender<u32, u32>;
type Stays = Sender<u32, Rc<u32>>;
type SendsLocal = Sender<Rc<u32>, u32>;

#[test]
fn a_handle_moves_across_threads_exactly_when_what_goes_through_it_can() {
    const { assert!(is_send!(SenderRunner<Moves, Smol>)) };
    const { assert!(is_send!(Ticket<Moves>) && is_send!(Results<Moves>)) };
    // The sender stays with the worker, so other threads may feed a sender that can't leave its thread.
    const { assert!(is_send!(SenderRunner<Stays, Smol>)) };
    const { assert!(!is_send!(SenderRunner<SendsLocal, Smol>)) };
    const { assert!(!is_send!(Ticket<SendsLocal>) && !is_send!(Results<SendsLocal>)) };
    // A handle has its timer with it.
    const { assert!(is_send!(SenderRunner<Moves, VirtualTimer>) && !is_send!(SenderRunner<Moves, Rc<()>>)) };
}

/// `tests/ui` has the worker whose sender can't move: moving it must not compile.
#[test]
fn a_worker_moves_across_threads_if_its_sender_can() {
    fn assert_send<T: Send>(_: &T) {}
    let sender: Moves = Sender(0, std::marker::PhantomData);
    let strategy = CompositeStrategy::new().with(Delay::new(std::time::Duration::ZERO));
    let prepared = SenderRunner::builder(sender).strategy(strategy).prepare(Smol);
    assert_send(&prepared);
    let (runner, worker) = prepared.run();
    assert_send(&worker);
    drop(runner);
}
