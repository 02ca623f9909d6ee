//! The virtual runtime as a scenario's world.

use std::rc::Rc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::Value;
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::VirtualRuntime;

use crate::common::store::Store;
use crate::conformance::driver::{self, Scripted, World, begin};

struct VirtualWorld(VirtualRuntime);

impl World for VirtualWorld {
    fn elapsed(&self) -> Duration {
        self.0.timer().elapsed()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        let timer = self.0.timer();
        begin(async move { timer.sleep(duration).await })
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        drop(Spawner::spawn(&self.0, task));
    }
}

pub(crate) fn play<Q: Store<Scripted>>(scenario: &Value) -> Vec<Value> {
    let runtime = VirtualRuntime::new();
    let world = Rc::new(VirtualWorld(runtime.clone()));
    runtime.block_on(driver::play::<Q, _>(scenario, world, runtime.timer()))
}
