//! The processes of the demonstration: QEMU with the firmware, and the gateway.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use futures::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use smol::net::unix::{UnixListener, UnixStream};
use smol::process::{Child, Command};

use super::{ALARM_CHAT, CHAT};
use crate::api::{STAND_IN_TOKEN, TOKEN_VARIABLE};
use crate::cli::DemoArgs;

/// A socket in the demonstration's folder.
pub(super) const CHIP_SOCKET: &str = "chip.sock";
pub(super) const GATEWAY_SOCKET: &str = "gateway.sock";
const CONTROL_SOCKET: &str = "control.sock";

/// QEMU. Dropping this ends it.
pub(super) struct Machine {
    child: Child,
    control: Control,
}

/// The connection to QEMU's monitor.
#[derive(Clone)]
pub(super) struct Control(UnixStream);

impl Machine {
    /// Starts QEMU. It connects its serial port to `CHIP_SOCKET`, so the line must listen there already.
    pub(super) async fn start(args: &DemoArgs, folder: &Path) -> io::Result<Self> {
        let control = UnixListener::bind(folder.join(CONTROL_SOCKET))?;
        let socket = |name| format!("unix:{}", folder.join(name).display());
        let child = Command::new("qemu-system-arm")
            // Time is counted in instructions, so a busy host makes the chip slow, but not late.
            .args(["-M", &args.board, "-icount", "shift=6", "-nographic", "-monitor", "none"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-serial", &socket(CHIP_SOCKET), "-qmp", &socket(CONTROL_SOCKET)])
            .arg("-kernel")
            .arg(&args.firmware)
            .kill_on_drop(true)
            .spawn()?;
        let mut control = Control(control.accept().await?.0);
        control.say("qmp_capabilities").await?;
        Ok(Self { child, control })
    }

    pub(super) fn control(&self) -> Control {
        self.control.clone()
    }

    /// Waits until the firmware ends.
    pub(super) fn wait(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        self.child.status()
    }
}

impl Control {
    /// Presses the chip's reset button.
    pub(super) async fn reset(&mut self) -> io::Result<()> {
        self.say("system_reset").await
    }

    /// Sends a command, and reads lines until its answer. Events may come before it.
    async fn say(&mut self, command: &str) -> io::Result<()> {
        self.0.write_all(format!("{{\"execute\": \"{command}\"}}\n").as_bytes()).await?;
        let mut lines = BufReader::new(&mut self.0);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).await? == 0 || line.contains("\"return\"") {
                return Ok(());
            }
        }
    }
}

/// The gateway. Dropping this kills it.
pub(super) struct Gateway {
    program: PathBuf,
    arguments: Vec<String>,
    child: Child,
}

impl Gateway {
    pub(super) fn start(args: &DemoArgs, folder: &Path, base_url: &str) -> io::Result<Self> {
        let path = |name| folder.join(name).display().to_string();
        let mut arguments = vec!["serve".to_owned()];
        let mut option = |name: &str, value: &str| arguments.push(format!("--{name}={value}"));
        option("serial", &format!("unix:{}", path(GATEWAY_SOCKET)));
        option("journal", &path("journal.json"));
        option("readings", &args.readings.to_string());
        option("chat", CHAT);
        option("alarm-chat", ALARM_CHAT);
        option("rate", "5000/1");
        option("base-url", base_url);
        if let Some(guard) = args.without {
            option("without", guard.name());
        }
        let program = env::current_exe()?;
        let child = spawn(&program, &arguments)?;
        Ok(Self { program, arguments, child })
    }

    /// Kills the gateway, without a warning, and starts it again.
    pub(super) async fn kill_and_start(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.status().await?;
        self.child = spawn(&self.program, &self.arguments)?;
        Ok(())
    }

    /// Asks the gateway to end, as Ctrl-C does.
    pub(super) async fn stop(&mut self) -> io::Result<ExitStatus> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().await?;
        self.child.status().await
    }
}

fn spawn(program: &Path, arguments: &[String]) -> io::Result<Child> {
    Command::new(program).args(arguments).env(TOKEN_VARIABLE, STAND_IN_TOKEN).kill_on_drop(true).spawn()
}
