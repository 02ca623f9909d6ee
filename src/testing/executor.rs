//! A deterministic single-threaded executor: it runs tasks in FIFO order, or in an order drawn from a seed.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt::{self, Write};
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use futures::channel::oneshot;
use futures::future::FutureExt;

use super::VirtualTimer;
use crate::runtime::{Instant, Spawner, Timer};

/// A runtime for tests: an executor for any future, `Send` or not, and a clock that jumps to the next timer as soon
/// as no task can run. Every run with the same seed is the same.
///
/// ```
/// use std::time::Duration;
/// use telegram_sender::runtime::Timer;
/// use telegram_sender::testing::VirtualRuntime;
///
/// let runtime = VirtualRuntime::new();
/// let timer = runtime.timer();
/// runtime.block_on(timer.sleep(Duration::from_secs(24 * 60 * 60))); // takes no time
/// assert_eq!(timer.elapsed(), Duration::from_secs(86_400));
/// ```
#[derive(Clone)]
pub struct VirtualRuntime(Rc<Inner>);

struct Inner {
    timer: VirtualTimer,
    ready: Arc<ReadyQueue>,
    tasks: RefCell<BTreeMap<u64, Task>>,
    spawned: Cell<u64>,
    /// The task that runs now.
    running: Cell<u64>,
    /// The reasons why tasks wait, as passed to `waiting_for`.
    waits: RefCell<BTreeMap<(u64, u64), String>>,
    /// Draws the ready task that runs next. Without it, the task that has been ready for longest runs.
    order: Option<RefCell<fastrand::Rng>>,
}

/// The id of the future passed to `block_on`, which is scheduled like a task.
const MAIN: u64 = u64::MAX;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
    /// The future's type, which names the function that it comes from.
    name: &'static str,
    polled_at: Instant,
}

impl Default for VirtualRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl VirtualRuntime {
    /// Creates a runtime that runs ready tasks in the order in which they became ready.
    pub fn new() -> Self {
        Self::with_order(None)
    }

    /// Creates a runtime in which `seed` draws the ready task that runs next: each seed is another interleaving.
    pub fn with_seed(seed: u64) -> Self {
        Self::with_order(Some(RefCell::new(fastrand::Rng::with_seed(seed))))
    }

    fn with_order(order: Option<RefCell<fastrand::Rng>>) -> Self {
        Self(Rc::new(Inner {
            timer: VirtualTimer::default(),
            ready: Arc::default(),
            tasks: RefCell::default(),
            spawned: Cell::new(0),
            running: Cell::new(MAIN),
            waits: RefCell::default(),
            order,
        }))
    }

    /// Returns the runtime's timer; pass it to [`prepare`](crate::runner::Builder::prepare).
    pub fn timer(&self) -> VirtualTimer {
        self.0.timer.clone()
    }

    /// Returns how many tasks have not ended.
    pub fn tasks(&self) -> usize {
        self.0.tasks.borrow().len()
    }

    /// Runs `future` to its end, and the spawned tasks meanwhile.
    ///
    /// # Panics
    ///
    /// Panics if no task can run and no timer is set, so that `future` can never complete. The message lists each
    /// task, since when it has waited, and for what if it [says](Self::waiting_for) so.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = core::pin::pin!(future);
        let waker = self.waker(MAIN);
        waker.wake_by_ref();
        let mut polled_at = Instant::EPOCH;
        loop {
            match self.0.ready.take(self.0.order.as_ref()) {
                Some(MAIN) => {
                    polled_at = self.now();
                    self.0.running.set(MAIN);
                    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return output;
                    }
                }
                Some(task) => self.run(task),
                None => assert!(self.0.timer.advance(), "{}", self.deadlock(polled_at)),
            }
        }
    }

    /// Awaits `future`. Until then, the report of a deadlock says that its task waits for `what`.
    ///
    /// ```should_panic
    /// use std::future::pending;
    /// use telegram_sender::testing::VirtualRuntime;
    ///
    /// let runtime = VirtualRuntime::new();
    /// // deadlock at 0ns: … block_on's future has waited since 0ns for a reply
    /// runtime.block_on(runtime.waiting_for("a reply", pending::<()>()));
    /// ```
    pub async fn waiting_for<F: Future>(&self, what: impl Into<String>, future: F) -> F::Output {
        let _wait = Wait::new(self, what.into());
        future.await
    }

    fn deadlock(&self, main_polled_at: Instant) -> String {
        let tasks = self.0.tasks.borrow();
        let waits = self.0.waits.borrow();
        let mut report =
            alloc::format!("deadlock at {:?}: no task can run and no timer is set", self.0.timer.elapsed());
        let main = (MAIN, "block_on's future", main_polled_at);
        for (id, name, polled_at) in
            tasks.iter().map(|(id, task)| (*id, task.name, task.polled_at)).chain([main])
        {
            let since = polled_at.saturating_duration_since(Instant::EPOCH);
            // The type names of nested futures can be very long.
            let name = name.char_indices().nth(120).map_or(name, |(end, _)| &name[..end]);
            let what: Vec<_> = waits.range((id, 0)..=(id, u64::MAX)).map(|(_, what)| what.as_str()).collect();
            let what = if what.is_empty() { "what can't come".into() } else { what.join(" and ") };
            // Writing to a string can't fail.
            let _ = write!(report, "\n  {name} has waited since {since:?} for {what}");
        }
        report
    }

    /// Runs the spawned tasks until none can run, without letting time pass.
    pub fn run_until_stalled(&self) {
        while let Some(task) = self.0.ready.take(self.0.order.as_ref()) {
            self.run(task);
        }
    }

    /// Runs the spawned tasks for `duration` of virtual time.
    pub fn run_for(&self, duration: Duration) {
        let timer = self.timer();
        self.block_on(async move { timer.sleep(duration).await });
    }

    /// Polls a task, if it has not ended.
    fn run(&self, id: u64) {
        // Taken out of the map while it runs, because it may spawn or cancel others.
        let task = self.0.tasks.borrow_mut().remove(&id);
        let Some(mut task) = task else { return };
        task.polled_at = self.now();
        self.0.running.set(id);
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            self.0.tasks.borrow_mut().insert(id, task);
        }
    }

    fn waker(&self, id: u64) -> Waker {
        let ready = Arc::clone(&self.0.ready);
        Waker::from(Arc::new(TaskWaker { id, ready, queued: AtomicBool::new(false) }))
    }

    fn add(&self, name: &'static str, future: Pin<Box<dyn Future<Output = ()>>>) -> u64 {
        let id = self.0.spawned.get();
        self.0.spawned.set(id + 1);
        let waker = self.waker(id);
        waker.wake_by_ref();
        self.0.tasks.borrow_mut().insert(id, Task { future, waker, name, polled_at: self.now() });
        id
    }
}

impl fmt::Debug for VirtualRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualRuntime")
            .field("elapsed", &self.0.timer.elapsed())
            .field("tasks", &self.tasks())
            .finish_non_exhaustive()
    }
}

impl Timer for VirtualRuntime {
    fn now(&self) -> Instant {
        self.0.timer.now()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        self.0.timer.sleep(duration)
    }
}

impl<F: Future<Output: 'static> + 'static> Spawner<F> for &VirtualRuntime {
    type Task = VirtualTask<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        let (done, output) = oneshot::channel();
        let id = self.add(
            core::any::type_name::<F>(),
            Box::pin(async move {
                // The task's handle may be dropped.
                let _ = done.send(future.await);
            }),
        );
        VirtualTask { runtime: self.clone(), id, output }
    }
}

/// The handle of a spawned task: a future of its output, `None` if the task was cancelled or panicked. Dropping it
/// lets the task run on.
#[derive(Debug)]
pub struct VirtualTask<O> {
    runtime: VirtualRuntime,
    id: u64,
    output: oneshot::Receiver<O>,
}

impl<O> VirtualTask<O> {
    /// Drops the task's future where it stands, as an executor does when it shuts down.
    pub fn cancel(&self) {
        let task = self.runtime.0.tasks.borrow_mut().remove(&self.id);
        drop(task);
    }
}

impl<O> Future for VirtualTask<O> {
    type Output = Option<O>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<O>> {
        self.output.poll_unpin(cx).map(Result::ok)
    }
}

/// Records what a task waits for, until it is dropped.
struct Wait {
    runtime: VirtualRuntime,
    key: (u64, u64),
}

impl Wait {
    fn new(runtime: &VirtualRuntime, what: String) -> Self {
        let task = runtime.0.running.get();
        let mut waits = runtime.0.waits.borrow_mut();
        let last = waits.range((task, 0)..=(task, u64::MAX)).next_back();
        let key = (task, last.map_or(0, |((_, number), _)| number + 1));
        waits.insert(key, what);
        drop(waits);
        Self { runtime: runtime.clone(), key }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.runtime.0.waits.borrow_mut().remove(&self.key);
    }
}

/// The tasks that can run.
#[derive(Default)]
struct ReadyQueue(Mutex<VecDeque<Arc<TaskWaker>>>);

impl ReadyQueue {
    fn take(&self, order: Option<&RefCell<fastrand::Rng>>) -> Option<u64> {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match order {
            Some(order) if ready.len() > 1 => order.borrow_mut().usize(..ready.len()),
            _ => 0,
        };
        let task = ready.remove(index)?;
        task.queued.store(false, Ordering::SeqCst);
        Some(task.id)
    }
}

struct TaskWaker {
    id: u64,
    ready: Arc<ReadyQueue>,
    /// True if the task is in the queue already.
    queued: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::SeqCst) {
            let queue = Arc::clone(&self.ready);
            queue.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(self);
        }
    }
}
