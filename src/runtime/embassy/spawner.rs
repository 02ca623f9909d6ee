//! Embassy's spawners, for futures of any type. An embassy task lives in a `static` of its future's type. Here
//! that type is a box, so a task's storage can serve one worker after another.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;

use embassy_executor::raw::{AvailableTask, TaskStorage};
use embassy_executor::{SendSpawner, Spawner as LocalSpawner};
use embassy_sync::blocking_mutex::CriticalSectionMutex;
use futures::future::FutureExt;

use crate::runtime::Spawner;

type Boxed = Pin<Box<dyn Future<Output = ()>>>;
type BoxedSend = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns futures that stay on the executor's own thread.
impl<F: Future + 'static> Spawner<F> for &LocalSpawner {
    type Task = ();

    fn spawn(self, future: F) {
        static STORAGES: Storages<Boxed> = Storages::new();
        let (task, boxed) = (STORAGES.free(), Box::pin(future.map(drop)));
        LocalSpawner::spawn(self, task.initialize(|| boxed));
    }
}

/// Spawns futures on an executor on another thread, core or interrupt priority.
impl<F: Future + Send + 'static> Spawner<F> for &SendSpawner {
    type Task = ();

    fn spawn(self, future: F) {
        static STORAGES: Storages<BoxedSend> = Storages::new();
        let (task, boxed) = (STORAGES.free(), Box::pin(future.map(drop)));
        SendSpawner::spawn(self, task.initialize(|| boxed));
    }
}

/// All storages of tasks whose future is an `F`. Embassy requires them to live forever, so they are never freed,
/// but reused once their task has ended. There are as many as the most tasks that ever ran at once.
struct Storages<F: Future + 'static>(CriticalSectionMutex<RefCell<Vec<&'static TaskStorage<F>>>>);

impl<F: Future + 'static> Storages<F> {
    const fn new() -> Self {
        Self(CriticalSectionMutex::new(RefCell::new(Vec::new())))
    }

    fn free(&self) -> AvailableTask<F> {
        loop {
            let claimed = self.0.lock(|storages| {
                let storages = storages.borrow();
                storages.iter().find_map(|storage| AvailableTask::claim(storage))
            });
            if let Some(task) = claimed {
                return task;
            }
            let storage: &'static TaskStorage<F> = Box::leak(Box::new(TaskStorage::new()));
            self.0.lock(|storages| storages.borrow_mut().push(storage));
        }
    }

    #[cfg(all(test, feature = "std"))]
    fn count(&self) -> usize {
        self.0.lock(|storages| storages.borrow().len())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::cell::Cell;
    use core::future::{pending, ready};

    use super::*;

    #[test]
    fn a_storage_serves_one_task_after_another() {
        static STORAGES: Storages<Boxed> = Storages::new();
        let executor = Box::leak(Box::new(embassy_executor::Executor::new()));
        let mut rounds = 0;
        let local = Cell::new(None);
        let spawn_five = |spawner: LocalSpawner| {
            for _ in 0..5 {
                spawner.spawn(STORAGES.free().initialize(|| Box::pin(ready(()))));
            }
        };
        executor.run_until(
            |spawner| {
                spawn_five(spawner);
                local.set(Some(spawner));
            },
            || {
                rounds += 1;
                spawn_five(local.get().unwrap());
                rounds == 100
            },
        );
        assert_eq!(STORAGES.count(), 5);
        // The tasks spawned last have not run, so their storages are taken.
        local.get().unwrap().spawn(STORAGES.free().initialize(|| Box::pin(pending())));
        assert_eq!(STORAGES.count(), 6);
    }
}
