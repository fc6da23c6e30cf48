//! What the system says of a process, and on which core it runs. Linux only; elsewhere the numbers
//! are nought and nothing is pinned.

use crate::support::served::command_after;
use std::{path::Path, process::Command, time::Duration};

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time on a core, its own and the system's for it.
    pub cpu: Duration,
    /// Memory, in KiB.
    pub rss_kib: f64,
}

impl Usage {
    /// So far.
    pub fn of(pid: u32) -> Self {
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
        Self { cpu: Duration::from_secs_f64(ticks / ticks_per_second()), rss_kib }
    }
}

fn ticks_per_second() -> f64 {
    let said = Command::new("getconf").arg("CLK_TCK").output();
    said.ok()
        .and_then(|out| String::from_utf8_lossy(&out.stdout).trim().parse().ok())
        .unwrap_or(100.0)
}

/// Keeps this process, and the threads it will have, on one core.
pub fn pin_this_process(core: usize) {
    let pid = std::process::id().to_string();
    let done = Command::new("taskset").args(["-acp", &core.to_string(), &pid]).output();
    if !done.is_ok_and(|out| out.status.success()) {
        eprintln!("taskset is not here or there is no core {core}: nothing is pinned");
    }
}

/// `roomful serve` on one core, where that can be had.
pub fn pinned(core: usize, dir: &Path) -> tokio::process::Command {
    command_after(&format!("taskset -acp {core} $$ >/dev/null 2>&1"), dir, &["serve"])
}
