//! A single-threaded executor whose every step is determined: by FIFO order, or by a seed.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::{Cell, RefCell};
use core::fmt;
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
/// use telegram_sender::Timer;
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
    /// Draws which ready task runs next; without it, the one that has been ready for longest.
    order: Option<RefCell<fastrand::Rng>>,
}

/// The id of the future given to `block_on`, which takes its turn among the tasks.
const MAIN: u64 = u64::MAX;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

impl Default for VirtualRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl VirtualRuntime {
    /// A runtime in which ready tasks run in the order in which they became ready.
    pub fn new() -> Self {
        Self::with_order(None)
    }

    /// A runtime in which a seed draws which of the ready tasks runs next: each seed is another interleaving.
    pub fn with_seed(seed: u64) -> Self {
        Self::with_order(Some(RefCell::new(fastrand::Rng::with_seed(seed))))
    }

    fn with_order(order: Option<RefCell<fastrand::Rng>>) -> Self {
        Self(Rc::new(Inner {
            timer: VirtualTimer::default(),
            ready: Arc::default(),
            tasks: RefCell::default(),
            spawned: Cell::new(0),
            order,
        }))
    }

    /// The runtime's timer; give it to [`prepare`](crate::Builder::prepare).
    pub fn timer(&self) -> VirtualTimer {
        self.0.timer.clone()
    }

    /// How many tasks have not ended.
    pub fn tasks(&self) -> usize {
        self.0.tasks.borrow().len()
    }

    /// Runs `future` to its end, and the spawned tasks meanwhile.
    ///
    /// # Panics
    ///
    /// When no task can run and no timer is set: the future waits for what can't come.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = core::pin::pin!(future);
        let waker = self.waker(MAIN);
        waker.wake_by_ref();
        loop {
            match self.0.ready.take(self.0.order.as_ref()) {
                Some(MAIN) => {
                    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return output;
                    }
                }
                Some(task) => self.run(task),
                None => assert!(
                    self.0.timer.advance(),
                    "deadlock at {:?}: no task can run and no timer is set; {} tasks wait for what can't come",
                    self.0.timer.elapsed(),
                    self.tasks() + 1,
                ),
            }
        }
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
        // Out of the map while it runs: it may spawn, or cancel others.
        let task = self.0.tasks.borrow_mut().remove(&id);
        let Some(mut task) = task else { return };
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            self.0.tasks.borrow_mut().insert(id, task);
        }
    }

    fn waker(&self, id: u64) -> Waker {
        let ready = Arc::clone(&self.0.ready);
        Waker::from(Arc::new(TaskWaker { id, ready, queued: AtomicBool::new(false) }))
    }

    fn add(&self, future: Pin<Box<dyn Future<Output = ()>>>) -> u64 {
        let id = self.0.spawned.get();
        self.0.spawned.set(id + 1);
        let waker = self.waker(id);
        waker.wake_by_ref();
        self.0.tasks.borrow_mut().insert(id, Task { future, waker });
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

impl<F: Future<Output: 'static> + 'static> Spawner<F> for VirtualRuntime {
    type Task = VirtualTask<F::Output>;

    fn spawn(&self, future: F) -> Self::Task {
        let (done, output) = oneshot::channel();
        let id = self.add(Box::pin(async move {
            // Nobody may wait for it.
            let _ = done.send(future.await);
        }));
        VirtualTask { runtime: self.clone(), id, output }
    }
}

/// A spawned task: a future of its output, `None` if it was cancelled or panicked. Dropping it lets the task run on.
#[derive(Debug)]
pub struct VirtualTask<O> {
    runtime: VirtualRuntime,
    id: u64,
    output: oneshot::Receiver<O>,
}

impl<O> VirtualTask<O> {
    /// Drops the task's future where it stands, as an executor does that shuts down.
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
    /// Whether it stands in the queue already.
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
