//! The processes that are measured, and what the system says of them. Linux only: elsewhere nothing
//! is pinned and the figures are nought.

use super::{Outcome, seed::House};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The core of the server, and that of this program.
const CORES: (usize, usize) = (0, 1);
/// What a server prints before its address.
const READY: &str = "http://";
/// No limit that would measure itself.
const SETTINGS: [(&str, &str); 6] = [
    ("ROOMFUL_MESSAGE_RATE", "off"),
    ("ROOMFUL_FRAME_RATE", "off"),
    ("ROOMFUL_ROOMS_PER_DAY", "0"),
    ("ROOMFUL_CONNECTIONS_PER_USER", "0"),
    ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "0"),
    ("ROOMFUL_LOG", "warn"),
];

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time on a core, its own and the system's for it; known to 10 ms.
    pub cpu: Duration,
    /// Memory, in KiB.
    pub rss_kib: f64,
}

impl Usage {
    fn of(pid: u32) -> Self {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name in parentheses may hold anything; after it, user and system time are the
        // twelfth and thirteenth.
        let after = stat.rsplit(')').next().unwrap_or_default();
        let ticks: f64 = after
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let rss_kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|kib| kib.parse().ok())
            .unwrap_or(0.0);
        Self { cpu: Duration::from_secs_f64(ticks / TICKS_PER_SECOND), rss_kib }
    }
}

/// `USER_HZ`: what /proc counts in is 100 a second on every Linux, whatever the kernel's own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// Keeps this process, and the threads it will have, on its core, and lets it and what it starts
/// have as many files open as the system allows.
pub fn prepare_this_process() {
    let pid = std::process::id().to_string();
    let ok = |command: &mut Command| command.output().is_ok_and(|out| out.status.success());
    if !ok(Command::new("taskset").args(["-acp", &CORES.1.to_string(), &pid])) {
        eprintln!("taskset is not here, or there is no second core: nothing is pinned");
    }
    let hard = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let hard = hard
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(4))
        .unwrap_or_default()
        .to_owned();
    if !ok(Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={hard}:{hard}")])) {
        eprintln!("prlimit is not here: raise the limit of open files (ulimit -n) by hand");
    }
}

/// How many connections one process may hold here, at most.
pub fn most_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(3)?.parse::<usize>().ok());
    // Some are for the database, the listener and the like.
    open.unwrap_or(1024).saturating_sub(100)
}

/// A server under measurement; it is killed when this is dropped.
pub struct Server {
    child: Child,
    _out: BufReader<ChildStdout>,
    house: Option<House>,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Server {
    /// `roomful serve` on that house: the program that `ROOMFUL_BIN` names, or the one this
    /// benchmark was built with.
    pub fn roomful(house: House) -> Outcome<Self> {
        let mut command = pinned(&program());
        command
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("ROOMFUL_ADDR", "127.0.0.1:0")
            .env("ROOMFUL_DATABASE_URL", house.url())
            .envs(SETTINGS);
        Self::start(command, Some(house))
    }

    /// This program once more, as the floor.
    pub fn floor() -> Outcome<Self> {
        let this = std::env::current_exe().map_err(|e| format!("this program is nowhere: {e}"))?;
        let mut command = pinned(&this);
        command.arg("floor");
        Self::start(command, None)
    }

    fn start(mut command: Command, house: Option<House>) -> Outcome<Self> {
        let cannot = |why: &dyn std::fmt::Display| format!("the server does not start: {why}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot(&error))?;
        let out = child.stdout.take().ok_or_else(|| cannot(&"it has no output"))?;
        let mut out = BufReader::new(out);
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|read| read > 0) {
            let addr = line.split(READY).nth(1).and_then(|rest| rest.trim().parse().ok());
            if let Some(addr) = addr {
                return Ok(Self { child, _out: out, house, addr });
            }
            line.clear();
        }
        let _ = child.wait();
        Err(cannot(&"it said no address"))
    }

    /// Whether this is the floor.
    pub fn is_floor(&self) -> bool {
        self.house.is_none()
    }

    /// What it has used so far.
    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }

    /// Seconds of CPU time so far.
    pub fn cpu(&self) -> f64 {
        self.usage().cpu.as_secs_f64()
    }

    /// Waits until the house is as it will stay while nothing is said.
    pub async fn settled(&self) -> Outcome<()> {
        match &self.house {
            Some(house) => house.indexed().await,
            None => Ok(()),
        }
    }

    /// `kill -9`; what is left is its house.
    pub fn kill(mut self) -> Option<House> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.house.take()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and then all is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under measurement.
pub fn program() -> PathBuf {
    std::env::var_os("ROOMFUL_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_roomful").into()).into()
}

/// A program on the server's core, where that can be had.
fn pinned(program: &std::path::Path) -> Command {
    let mut shell = Command::new("/bin/sh");
    let pin = format!("taskset -acp {} $$ >/dev/null 2>&1; exec \"$0\" \"$@\"", CORES.0);
    shell.args(["-c", &pin]).arg(program);
    shell
}
