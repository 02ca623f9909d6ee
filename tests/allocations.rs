//! The hot path allocates at most once per request: the oneshot. These tests count the allocations.

#![cfg(feature = "smol")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use telegram_sender::runner::{Exit, KeepResults};
use telegram_sender::storage::Lean;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::{
    CompositeStrategy, Delay, MessageResponse, MessageSender, RateLimiter, Retry, SendStrategy, SenderRunner,
    Smol, Timeout,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// The number of allocated bytes.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count_bytes(allocated: isize) {
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + allocated));
}

// SAFETY: every call goes to the system's allocator.
#[expect(unsafe_code, reason = "the only way to count allocations")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        count_bytes(layout.size().cast_signed());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count_bytes(-layout.size().cast_signed());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A request that can't be cloned.
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

/// Returns the number of allocations for `requests` requests on one thread, with `outstanding` of them queued at
/// once.
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

/// Returns the number of allocations per 1,000 requests, without those of the runner's start-up.
fn per_thousand<A: SendStrategy<Echo>>(outstanding: usize, strategy: impl Fn() -> A) -> usize {
    let requests = 100 * outstanding;
    let twice = allocations(2 * requests, outstanding, strategy());
    (twice - allocations(requests, outstanding, strategy())) * 1000 / requests
}

#[test]
fn the_hot_path_allocates_once_per_request() {
    // The unbounded channel allocates a block for every 31 requests. The count includes these blocks.
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
    // One more wake-up can add one to the count.
    assert!(
        with_strategies.abs_diff(plain) <= 1,
        "strategies allocate per request: {with_strategies}, not {plain}"
    );
}

#[test]
fn a_bound_of_the_queue_allocates_nothing() {
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
    let channel_blocks = 3200 / 31 + 1;
    let first_uses = 50;
    assert!((3200..=3200 + channel_blocks + first_uses).contains(&made), "{made} for 3,200 requests");
}

/// Re-queues each request 7 once.
struct SevensAgain;

impl SendStrategy<Echo> for SevensAgain {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Echo>,
        request: &NoClone,
        mut inner: impl Pipeline<Echo>,
    ) -> Outcome<Echo> {
        if request.0 == 7 && cx.cycle() == 0 {
            cx.requeue(NoClone(7)).expect("the runner is open");
        }
        inner.send(cx, request).await
    }
}

#[test]
fn a_worker_that_waits_allocates_nothing_whatever_it_was_woken_for() {
    let (runner, worker) = SenderRunner::builder(Echo).strategy(SevensAgain).prepare(Smol).run();
    let main = async {
        let mut made = [0; 2];
        // The first ten turns make the allocations that happen only once.
        for (turn, counts) in (0..1_010).map(|turn| (turn, turn >= 10)) {
            let before = ALLOCATIONS.with(Cell::get);
            assert_eq!(runner.request(NoClone(1)).await.unwrap().await, Ok(1));
            let pinged = ALLOCATIONS.with(Cell::get);
            let mut cancelled = runner.request(NoClone(2)).await.unwrap();
            assert!(cancelled.cancel());
            smol::future::yield_now().await;
            assert_eq!(runner.stats().cancelled, turn + 1);
            if counts {
                made[0] += pinged - before;
                made[1] += ALLOCATIONS.with(Cell::get) - pinged;
            } else {
                assert_eq!(runner.request(NoClone(7)).await.unwrap().await, Ok(7));
            }
        }
        assert_eq!(runner.stats().requeued, 10);
        runner.close().await;
        made
    };
    let (_, [pinged, cancelled]) = smol::block_on(smol::future::zip(worker, main));
    // The blocks of the queue of requests and of the queue of notices.
    let channel_blocks = 2 * (1000 / 31 + 1);
    assert!((1000..=1000 + channel_blocks).contains(&pinged), "{pinged} for 1,000 requests");
    assert!((1000..=1000 + channel_blocks).contains(&cancelled), "{cancelled} for 1,000 cancelled ones");
}

#[test]
fn a_warm_lean_storage_allocates_once_a_request() {
    let (runner, worker) = SenderRunner::builder(Echo).prepare_in(Lean::new(), Smol).unwrap().run();
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
            // The worker swaps its queue with the callers' queue: both have grown after two rounds.
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

/// Drops many `cancel_on_drop` tickets unread, before their turn or after their reply. Returns the bytes that are
/// left.
fn bytes_left_by_late_cancels<Q: telegram_sender::storage::Storage<Echo>>(
    runner: &SenderRunner<Echo, Smol, Q>,
    worker: impl Future<Output = Result<Exit, ()>>,
) -> isize {
    let main = async {
        let mut before = 0;
        for round in 0..50_000 {
            if round == 1_000 {
                before = BYTES.with(Cell::get);
            }
            let unread = runner.request(NoClone(1)).await.unwrap().cancel_on_drop();
            // Every third ticket is dropped before its turn.
            if round % 3 > 0 {
                runner.request(NoClone(2)).await.unwrap().await.unwrap();
            }
            drop(unread);
        }
        let left = BYTES.with(Cell::get) - before;
        runner.close().await;
        left
    };
    smol::block_on(smol::future::zip(worker, main)).1
}

#[test]
fn late_cancels_leave_no_memory_behind() {
    let (runner, worker) = SenderRunner::builder(Echo).prepare(Smol).run();
    let heap = bytes_left_by_late_cancels(&runner, worker);
    let (runner, worker) = SenderRunner::builder(Echo).prepare_in(Lean::new(), Smol).unwrap().run();
    let lean = bytes_left_by_late_cancels(&runner, worker);
    assert!(heap < 20_000 && lean < 20_000, "{heap} and {lean} bytes are left");
}
