//! What the engine does with a second of CPU time, next to the least program that could do it (the
//! floor) and to what was to be reached. A benchmark, not a test: `docs/performance.md` says how to
//! read it. No figure fails it; a frame that is missing, doubled or out of order does.
//!
//!     cargo bench --features ssr --bench engine -- [--quick] [scenario …]

mod parts;

use parts::scenarios::{ALL, Scale};
use parts::{floor, process, table};
use std::process::ExitCode;
use std::time::Instant;

/// The server's, for both: the floor is not to lose by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Cargo adds an argument of its own: what begins with dashes and is not ours is passed over.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let named: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    if named.first().is_some_and(|name| *name == "floor") {
        return match floor::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        };
    }
    if let Some(name) = named.iter().find(|name| !ALL.iter().any(|one| one.name == name.as_str())) {
        let names: Vec<_> = ALL.iter().map(|one| one.name).collect();
        return fail(&format!("there is no scenario {name}; there are: {}", names.join(", ")));
    }
    process::prepare_this_process();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let scale = if quick { Scale::quick() } else { Scale::whole() };
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for one in ALL.iter().filter(|one| named.is_empty() || named.iter().any(|n| *n == one.name)) {
        let start = Instant::now();
        // A set of tasks of its own: with the scenario its clients end.
        let tasks = tokio::task::LocalSet::new();
        let outcome = runtime.block_on(tasks.run_until((one.run)(scale)));
        eprintln!("{}: {:.0} s", one.name, start.elapsed().as_secs_f64());
        match outcome {
            Ok(new) => {
                new.iter().for_each(table::Line::print);
                lines.extend(new);
            }
            Err(fault) => {
                eprintln!("{}: FAILED: {fault}", one.name);
                faults.push(format!("{}: {fault}", one.name));
            }
        }
    }
    println!();
    table::head();
    lines.iter().for_each(table::Line::print);
    if faults.is_empty() {
        return ExitCode::SUCCESS;
    }
    fail(&faults.join("\n"))
}

fn fail(why: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("engine: {why}");
    ExitCode::FAILURE
}
