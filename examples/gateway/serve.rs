//! The gateway's life: frame in, frame out, one after another, until Ctrl-C or the port's end.

use async_channel::Receiver;
use smol::future::or;

use crate::Failure;
use crate::api::Api;
use crate::cli::{Guard, ServeArgs};
use crate::desk::{Desk, Step};
use crate::interrupt;
use crate::journal::Journal;
use crate::serial::Port;

pub(crate) async fn serve(args: &ServeArgs) -> Result<(), Failure> {
    let interrupts = interrupt::listen()?;
    let (journal, memory) = Journal::open(&args.journal)?;
    let mut desk = Desk::new(journal, memory, args.readings, args.without != Some(Guard::Memory));
    let api = Api::start(args).await?;
    let mut port = Port::open(&args.serial, args.without != Some(Guard::Crc)).await?;
    let end = converse(&mut port, &mut desk, &api, &interrupts).await;
    api.close().await;
    end
}

async fn converse(
    port: &mut Port,
    desk: &mut Desk,
    api: &Api,
    interrupts: &Receiver<()>,
) -> Result<(), Failure> {
    loop {
        let heard = or(async { port.hear().await.map(Some) }, async {
            let _ = interrupts.recv().await;
            Ok(None)
        });
        let Some(Some(frame)) = heard.await? else { return Ok(()) };
        match desk.hear(frame)? {
            Step::Say(answer) => port.say(answer).await?,
            Step::Deliver(number, reading) => {
                if let Some(outcome) = api.deliver(number, reading).await? {
                    port.say(desk.settle(number, outcome)?).await?;
                }
            }
            Step::Nothing => {}
        }
    }
}
