//! The hot path allocates once per request at most: the oneshot. Counted, not believed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use telegram_sender::{
    CompositeStrategy, Delay, Exit, KeepResults, MessageResponse, MessageSender, RateLimiter, Retry,
    SendStrategy, SenderRunner, Smol, Timeout,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it hands everything on to the system's allocator.
#[expect(unsafe_code, reason = "the only way to count allocations")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Its request can't be cloned.
struct NoClone(u64);

struct Echo;

impl MessageSender for Echo {
    type Request = NoClone;
    type Message = u64;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &NoClone) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(request.0))
    }
}

/// Allocations of `requests` requests, each queued with `outstanding` others, on one thread.
fn allocations<A: SendStrategy<Echo>>(requests: usize, outstanding: usize, strategy: A) -> usize {
    let (runner, worker) =
        SenderRunner::builder(Echo).strategy(strategy).results(KeepResults::while_read()).prepare(Smol).run();
    let mut tickets = Vec::with_capacity(outstanding);
    let main = async {
        let before = ALLOCATIONS.with(Cell::get);
        for _ in 0..requests / outstanding {
            for number in 0..outstanding {
                tickets.push(runner.request(NoClone(number as u64)).await.unwrap());
            }
            for (number, ticket) in tickets.drain(..).enumerate() {
                assert_eq!(ticket.await, Ok(number as u64));
            }
        }
        let made = ALLOCATIONS.with(Cell::get) - before;
        runner.close().await;
        made
    };
    let (exit, made) = smol::block_on(smol::future::zip(worker, main));
    assert_eq!(exit, Ok(Exit::Drained));
    made
}

/// What the requests need without the runner's own start-up, in allocations for 1,000 requests.
fn per_thousand<A: SendStrategy<Echo>>(outstanding: usize, strategy: impl Fn() -> A) -> usize {
    let requests = 100 * outstanding;
    let twice = allocations(2 * requests, outstanding, strategy());
    (twice - allocations(requests, outstanding, strategy())) * 1000 / requests
}

#[test]
fn the_hot_path_allocates_once_per_request() {
    // The unbounded channel takes a block of its own for every 31 requests: that is the channel's, and it is in
    // here, as it was for the bare loop over the same parts.
    let channel_blocks = 1000 / 31 + 1;
    let plain = per_thousand(100, CompositeStrategy::new);
    assert!((1000..=1000 + channel_blocks).contains(&plain), "{plain} per 1,000 requests");

    let strategies = || {
        CompositeStrategy::new()
            .with(Timeout::new(Duration::from_secs(1)).unwrap())
            .with(RateLimiter::new(u32::from(u16::MAX), Duration::from_millis(1)).unwrap())
            .with(Retry::new(3, Duration::from_secs(1)))
            .with(Delay::new(Duration::ZERO))
    };
    let with_strategies = per_thousand(100, strategies);
    // A single wake-up more makes a thousandth more.
    assert!(
        with_strategies.abs_diff(plain) <= 1,
        "strategies allocate per request: {with_strategies}, not {plain}"
    );
}

#[test]
fn a_queue_that_was_bounded_up_front_leaves_the_oneshot_alone() {
    let (runner, worker) = SenderRunner::builder(Echo).queue_capacity(64).unwrap().prepare(Smol).run();
    let main = async {
        let before = ALLOCATIONS.with(Cell::get);
        for _ in 0..100 {
            let tickets: [_; 32] = std::array::from_fn(|n| runner.try_request(NoClone(n as u64)).unwrap());
            for ticket in tickets {
                ticket.await.unwrap();
            }
        }
        let made = ALLOCATIONS.with(Cell::get) - before;
        runner.close().await;
        made
    };
    let (_, made) = smol::block_on(smol::future::zip(worker, main));
    // Each of the hundred rounds lets the worker wait once: a boxed listener of the channel.
    assert!((3200..=3200 + 200).contains(&made), "{made} for 3,200 requests");
}

#[test]
fn a_warm_lean_storage_allocates_once_a_request() {
    let (runner, worker) = SenderRunner::builder(Echo).prepare_lean(Smol).run();
    let main = async {
        let mut made = 0;
        let mut tickets = Vec::with_capacity(100);
        for round in 0..100 {
            let before = ALLOCATIONS.with(Cell::get);
            for number in 0..100 {
                tickets.push(runner.request(NoClone(number)).await.unwrap());
            }
            for ticket in tickets.drain(..) {
                ticket.await.unwrap();
            }
            // The queue is swapped with the worker's: both have grown after two rounds.
            if round >= 2 {
                made += ALLOCATIONS.with(Cell::get) - before;
            }
        }
        runner.close().await;
        made
    };
    let (_, made) = smol::block_on(smol::future::zip(worker, main));
    assert_eq!(made, 98 * 100);
}
