//! The program as a person starts it: a child process with its settings in the environment.

use super::{Person, soon};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_roomful");
const READY: &str = "Roomful is at http://";
const SET_UP: &str = "Set up the house: ";

/// A command with nothing in its environment but what is given here.
pub fn command(dir: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    prepared(Command::new(PROGRAM), dir, settings, arguments)
}

/// The same, started by a shell that first does `before`.
pub fn command_after(before: &str, dir: &Path, arguments: &[&str]) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), PROGRAM]);
    prepared(shell, dir, &[], arguments)
}

fn prepared(
    mut command: Command,
    dir: &Path,
    settings: &[(&str, &str)],
    arguments: &[&str],
) -> Command {
    command
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ROOMFUL_ADDR", "127.0.0.1:0")
        .env("ROOMFUL_DATABASE_URL", format!("sqlite:{}", dir.join("roomful.db").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for (name, value) in settings {
        command.env(name, value);
    }
    command
}

/// Runs a command to its end with `input` on its stdin.
pub async fn run_with(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a stdin");
    // A command that refuses before it reads hangs up: its answer is what matters.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    soon("the command to end", child.wait_with_output()).await.expect("an end")
}

/// Runs the program to its end in that folder.
pub async fn roomful(dir: &Path, arguments: &[&str]) -> Output {
    run_with(command(dir, &[], arguments), "").await
}

/// Runs the program, which must agree; what it printed.
pub async fn roomful_ok(dir: &Path, arguments: &[&str], input: &str) -> String {
    let output = run_with(command(dir, &[], arguments), input).await;
    assert!(output.status.success(), "{arguments:?}: {}", printed(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Everything a command said.
pub fn printed(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}: {out}{err}", output.status)
}

/// A running `roomful serve`.
pub struct Served {
    child: Child,
    _out: Lines<BufReader<ChildStdout>>,
    /// Its folder, with `roomful.db` in it.
    pub dir: PathBuf,
    /// Where it is.
    pub addr: SocketAddr,
    /// The set-up link, where no user exists.
    pub set_up_link: Option<String>,
}

impl Served {
    /// Serves in that folder.
    pub async fn start(dir: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = command(dir, settings, &["serve"]);
        command.stderr(Stdio::inherit());
        Self::from(command, dir).await
    }

    /// Starts a prepared command and waits until it says where it is.
    pub async fn from(mut command: Command, dir: &Path) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("a stdout")).lines();
        let addr = soon("the server to say where it is", async {
            while let Ok(Some(line)) = out.next_line().await {
                if let Some((_, rest)) = line.split_once(READY) {
                    let host = rest.split(['/', ' ']).next().unwrap_or_default();
                    return host.parse().expect("an address");
                }
            }
            panic!("the server ended before it was ready");
        })
        .await;
        Self { child, _out: out, dir: dir.to_owned(), addr, set_up_link: None }
    }

    /// The same for a house that has no user yet: reads the set-up link too.
    pub async fn start_empty(dir: &Path) -> Self {
        let mut command = command(dir, &[], &["serve"]);
        let mut child = command.stderr(Stdio::inherit()).spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("a stdout")).lines();
        let (mut addr, mut link) = (None, None);
        soon("the server to print its set-up link", async {
            while addr.is_none() || link.is_none() {
                let line = out.next_line().await.expect("text").expect("the server goes on");
                if let Some((_, rest)) = line.split_once(READY) {
                    addr = rest.split(['/', ' ']).next().and_then(|host| host.parse().ok());
                }
                if let Some((_, rest)) = line.split_once(SET_UP) {
                    link = Some(rest.trim().to_owned());
                }
            }
        })
        .await;
        let addr = addr.expect("an address");
        Self { child, _out: out, dir: dir.to_owned(), addr, set_up_link: link }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// Makes an account and a token by the command line, beside the running server.
    pub async fn person(&self, name: &str) -> Person {
        roomful_ok(&self.dir, &["user", "add", name, "--password-stdin"], super::PASSWORD).await;
        let token = roomful_ok(&self.dir, &["token", "add", "--user", name], "").await;
        Person::at(self.addr).with_token(name, token.trim())
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the server can be killed");
    }

    /// `kill -TERM`, and whether it ended well.
    pub async fn terminate(&mut self) -> bool {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(sent.expect("kill runs").success());
        soon("the server to end", self.child.wait()).await.expect("an end").success()
    }
}
