//! The command line and the settings, as a person at a terminal meets them.

use crate::support::{
    MainSocket, PASSWORD, Person, Served, database, eventually,
    house::LOBBY,
    served::{command, printed, roomful, roomful_ok, run_with},
};
use roomful::protocol::close;
use std::{process::Output, time::Instant};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn serve_says_where_it_is_and_how_to_set_the_house_up() {
    let dir = folder();
    let served = Served::start_empty(dir.path()).await;
    let link = served.set_up_link.clone().expect("a link");
    assert!(link.starts_with(&format!("http://{}/setup?key=", served.addr)), "{link}");
    Person::at(served.addr).get("/chat/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_with_users_but_no_administrator_serves_as_usual() {
    let dir = folder();
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], PASSWORD).await;
    let served = Served::start(dir.path(), &[]).await;
    let page = Person::at(served.addr).get("/chat/").await.is(200).text().to_lowercase();
    assert!(!page.contains("being set up"), "{page}");
    Person::at(served.addr).log_in("alice").await.get("/chat/lobby/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_under_data_unless_it_is_said_otherwise() {
    let dir = folder();
    let mut command = command(dir.path(), &[], &["migrate"]);
    command.env_remove("ROOMFUL_DATABASE_URL");
    let output = run_with(command, "").await;
    assert!(output.status.success(), "{}", printed(&output));
    assert!(dir.path().join("data/roomful.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_explains_itself() {
    let dir = folder();
    let commands: [&[&str]; 16] = [
        &["--help"],
        &["serve", "--help"],
        &["migrate", "--help"],
        &["user", "--help"],
        &["user", "add", "--help"],
        &["user", "password", "--help"],
        &["user", "ban", "--help"],
        &["user", "unban", "--help"],
        &["token", "--help"],
        &["token", "add", "--help"],
        &["token", "list", "--help"],
        &["token", "revoke", "--help"],
        &["token", "log", "--help"],
        &["push", "--help"],
        &["backup", "--help"],
        &["--version"],
    ];
    for arguments in commands {
        let text = roomful_ok(dir.path(), arguments, "").await;
        assert!(!text.trim().is_empty(), "{arguments:?}");
    }
    let help = roomful_ok(dir.path(), &["serve", "--help"], "").await;
    for setting in [
        "ROOMFUL_ADDR",
        "ROOMFUL_DATABASE_URL",
        "ROOMFUL_PUBLIC_URL",
        "ROOMFUL_TRUSTED_PROXIES",
        "ROOMFUL_SIGNUP",
        "ROOMFUL_PUBLIC_READING",
        "ROOMFUL_LOG",
        "ROOMFUL_MESSAGE_RATE",
        "ROOMFUL_FRAME_RATE",
        "ROOMFUL_ROOMS_PER_DAY",
        "ROOMFUL_CONNECTIONS_PER_USER",
        "ROOMFUL_CONNECTIONS_PER_ADDRESS",
    ] {
        assert!(help.contains(setting), "{setting} is not in the help");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_stops_the_start_and_names_itself() {
    let dir = folder();
    for (setting, wrong) in [
        ("ROOMFUL_ADDR", "nowhere"),
        ("ROOMFUL_DATABASE_URL", "mysql://localhost/roomful"),
        ("ROOMFUL_PUBLIC_URL", "chat.example"),
        ("ROOMFUL_PUBLIC_URL", "https://chat.example/a/path"),
        ("ROOMFUL_TRUSTED_PROXIES", "the-proxy"),
        ("ROOMFUL_SIGNUP", "maybe"),
        ("ROOMFUL_PUBLIC_READING", "perhaps"),
        ("ROOMFUL_LOG", "roomful=loud"),
        ("ROOMFUL_MESSAGE_RATE", "fast"),
        ("ROOMFUL_MESSAGE_RATE", "0/10s"),
        ("ROOMFUL_FRAME_RATE", "600"),
        ("ROOMFUL_ROOMS_PER_DAY", "some"),
        ("ROOMFUL_CONNECTIONS_PER_USER", "-1"),
        ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "many"),
    ] {
        let output = run_with(command(dir.path(), &[(setting, wrong)], &["serve"]), "").await;
        refused(&output, setting);
        assert!(!dir.path().join("roomful.db").exists(), "{setting}: nothing was begun");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_a_sentence() {
    let (dir, other) = (folder(), folder());
    let served = Served::start(dir.path(), &[]).await;
    let addr = served.addr.to_string();
    let second = command(other.path(), &[("ROOMFUL_ADDR", &addr)], &["serve"]);
    refused(&run_with(second, "").await, &addr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_serve_on_the_same_database_refuses() {
    let dir = folder();
    let mut first = Served::start(dir.path(), &[]).await;
    refused(&roomful(dir.path(), &["serve"]).await, "roomful.db");
    Person::at(first.addr).get("/chat/").await.is(200);
    assert!(first.terminate().await);
    // Neither an orderly end nor a crash leaves the file locked.
    Served::start(dir.path(), &[]).await.kill().await;
    Served::start(dir.path(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_newer_than_the_program_stops_it() {
    let dir = folder();
    roomful_ok(dir.path(), &["migrate"], "").await;
    roomful_ok(dir.path(), &["migrate"], "").await;
    let mut connection = database::connect(&dir.path().join("roomful.db")).await;
    let newer = "INSERT INTO _sqlx_migrations \
        (version, description, success, checksum, execution_time) \
        VALUES (99990101000000, 'from the future', TRUE, x'00', 0)";
    database::run(&mut connection, newer.to_owned()).await;
    drop(connection);
    for arguments in [["serve"], ["migrate"]] {
        refused(&roomful(dir.path(), &arguments).await, "newer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_added_beside_the_running_server_counts_at_once() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    let visitor = Person::at(served.addr).in_browser();
    visitor.try_log_in("alice", PASSWORD).await.refused();
    let with_newline = format!("{PASSWORD}\n");
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], &with_newline).await;
    let alice = visitor.clone().log_in("alice").await;
    assert_eq!(alice.call("/api/make_invite", &[]).await.refused().code(), "forbidden");

    let keeper = ["user", "add", "keeper", "--admin", "--password-stdin"];
    roomful_ok(dir.path(), &keeper, PASSWORD).await;
    let keeper = visitor.clone().log_in("keeper").await;
    keeper.call("/api/make_invite", &[]).await.is(200);
    assert!(alice.socket().await.hello["user"] == "alice", "and nothing else was disturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_cannot_be_is_refused_in_a_sentence() {
    let dir = folder();
    let add = async |name: &str, password: &str| {
        let command = command(dir.path(), &[], &["user", "add", name, "--password-stdin"]);
        run_with(command, password).await
    };
    assert!(add("alice", PASSWORD).await.status.success());
    for (name, password) in
        [("alice", PASSWORD), ("ALICE", PASSWORD), ("a b", PASSWORD), ("bob", "short"), ("bob", "")]
    {
        let output = add(name, password).await;
        assert!(!output.status.success(), "{name}: {}", printed(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{}", printed(&output));
        assert!(!printed(&output).contains("panicked"), "{}", printed(&output));
    }
    let change = command(dir.path(), &[], &["user", "password", "nobody", "--password-stdin"]);
    refused(&run_with(change, PASSWORD).await, "no person of that name");
    let token = roomful(dir.path(), &["token", "add", "--user", "nobody"]).await;
    refused(&token, "no person of that name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_counts_at_once() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], PASSWORD).await;
    let visitor = Person::at(served.addr).in_browser();
    visitor.try_log_in("alice", PASSWORD).await.is(303);
    let change = ["user", "password", "alice", "--password-stdin"];
    roomful_ok(dir.path(), &change, "another lamp\n").await;
    visitor.try_log_in("alice", PASSWORD).await.refused();
    visitor.try_log_in("alice", "another lamp").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_closes_the_sockets_of_the_sessions_it_ends() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], PASSWORD).await;
    let socket = Person::at(served.addr).in_browser().log_in("alice").await.socket().await;
    let change = ["user", "password", "alice", "--password-stdin"];
    roomful_ok(dir.path(), &change, "another lamp\n").await;
    assert_eq!(socket.closed().await, close::LOGGED_OUT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_shuts_the_door_to_the_sessions_it_ends() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], PASSWORD).await;
    let alice = Person::at(served.addr).in_browser().log_in("alice").await;
    // The server knows this session by heart, and hears from the command within a second.
    assert_eq!(alice.socket().await.hello["user"], "alice");
    let change = ["user", "password", "alice", "--password-stdin"];
    roomful_ok(dir.path(), &change, "another lamp\n").await;
    eventually("the session to be refused", async || {
        (alice.try_history(LOBBY, "").await.status == 401).then_some(())
    })
    .await;
    let wire = alice.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_banned_beside_the_running_server_is_out_until_let_in_again() {
    let dir = folder();
    roomful_ok(dir.path(), &["user", "add", "bob", "--password-stdin"], PASSWORD).await;
    let token = roomful_ok(dir.path(), &["token", "add", "--user", "bob"], "").await;
    let served = Served::start(dir.path(), &[]).await;
    let browser = Person::at(served.addr).log_in("bob").await;
    let bot = Person::at(served.addr).with_token("bob", token.trim());
    let (socket, other) = (MainSocket::open(&browser).await, MainSocket::open(&bot).await);
    roomful_ok(dir.path(), &["user", "ban", "bob"], "").await;
    assert_eq!(socket.closed().await, close::LOGGED_OUT);
    assert_eq!(other.closed().await, close::LOGGED_OUT);
    assert_eq!(bot.try_history(LOBBY, "").await.status, 401);
    assert_eq!(browser.try_history(LOBBY, "").await.status, 401);
    roomful_ok(dir.path(), &["user", "unban", "bob"], "").await;
    assert_eq!(bot.try_history(LOBBY, "").await.status, 200);
    Person::at(served.addr).log_in("bob").await.get("/chat/lobby/").await.is(200);
    let unknown = roomful(dir.path(), &["user", "ban", "nobody"]).await;
    refused(&unknown, "no person of that name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stands_alone_on_stdout_and_only_its_hash_is_stored() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    roomful_ok(dir.path(), &["user", "add", "alice", "--password-stdin"], PASSWORD).await;
    let printed = roomful_ok(dir.path(), &["token", "add", "--user", "alice"], "").await;
    let token = printed.strip_suffix('\n').expect("one line");
    assert!(token.len() >= 32 && !token.contains(char::is_whitespace), "{printed:?}");
    let alice = Person::at(served.addr).with_token("alice", token);
    let mut socket = alice.socket().await;
    assert_eq!(socket.hello["user"], "alice");
    socket.send(LOBBY, "by a token").await;
    assert_eq!(alice.history(LOBBY).await["messages"][0]["body"], "by a token");
    for file in std::fs::read_dir(dir.path()).expect("the folder").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!found, "the token itself is in {:?}", file.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_house_is_whole_and_has_another_epoch() {
    let (dir, other) = (folder(), folder());
    let served = Served::start(dir.path(), &[("ROOMFUL_MESSAGE_RATE", "off")]).await;
    let alice = served.person("alice").await;
    let mut socket = alice.socket().await;
    for n in 0..20 {
        socket.send(LOBBY, &format!("before {n}")).await;
    }
    let file = other.path().join("roomful.db");
    let copy = file.to_str().expect("a path");
    let backup = ["backup", copy];
    let (_, sent) = tokio::join!(roomful_ok(dir.path(), &backup, ""), async {
        for n in 0..20 {
            socket.send(LOBBY, &format!("meanwhile {n}")).await;
        }
        socket
    });
    let mut socket = sent;
    socket.send(LOBBY, "after").await;
    database::assert_sound(&file).await;
    let before = alice.history(LOBBY).await;

    let restored = Served::start(other.path(), &[]).await;
    let token = roomful_ok(other.path(), &["token", "add", "--user", "alice"], "").await;
    let there = Person::at(restored.addr).with_token("alice", token.trim());
    let after = there.try_history(LOBBY, "&limit=200").await.is(200).json();
    assert_ne!(after["epoch"], before["epoch"], "or a client would take its seqs for the same log");
    let bodies: Vec<&str> = after["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|m| m["body"].as_str())
        .collect();
    assert!(bodies.contains(&"before 0") && bodies.contains(&"before 19"), "{bodies:?}");
    assert!(!bodies.contains(&"after"), "{bodies:?}");
    // A client of the old house that comes to the restored one reads its page afresh.
    let epoch = before["epoch"].as_str().expect("an epoch");
    let answer = there.socket().await.sub_after(LOBBY, epoch, 1).await;
    assert_eq!(answer["recovered"], false);
    // A restart, unlike a restore, keeps the epoch.
    assert_eq!(alice.history(LOBBY).await["epoch"], before["epoch"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_over_a_file_that_is_there_or_into_nowhere_is_refused() {
    let dir = folder();
    roomful_ok(dir.path(), &["migrate"], "").await;
    std::fs::write(dir.path().join("precious"), "do not touch").expect("a file");
    for file in ["precious", "no/such/folder/copy.db"] {
        let output = roomful(dir.path(), &["backup", file]).await;
        assert!(!output.status.success(), "{}", printed(&output));
    }
    let kept = std::fs::read_to_string(dir.path().join("precious")).expect("the file");
    assert_eq!(kept, "do not touch");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ok_survives_kill_9() {
    let dir = folder();
    let served = Served::start(dir.path(), &[]).await;
    let alice = served.person("alice").await;
    let ok = alice.socket().await.send(LOBBY, "for ever").await;
    served.kill().await;
    let served = Served::start(dir.path(), &[]).await;
    let token = roomful_ok(dir.path(), &["token", "add", "--user", "alice"], "").await;
    let alice = Person::at(served.addr).with_token("alice", token.trim());
    let message = alice.history(LOBBY).await["messages"][0].clone();
    assert_eq!((&message["body"], &message["id"]), (&"for ever".into(), &ok["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_closes_the_sockets_with_4010_and_ends_within_10_seconds() {
    let dir = folder();
    let mut served = Served::start(dir.path(), &[]).await;
    let alice = served.person("alice").await;
    let socket = alice.socket().await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    let start = Instant::now();
    let (ended, code, room) = tokio::join!(served.terminate(), socket.closed(), room.closed());
    assert!(ended, "it ends well");
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!((code, room), (close::DRAINING, close::DRAINING));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_where_somebody_comes_from() {
    let per_address = ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "1");
    let dir = folder();
    let served = Served::start(dir.path(), &[per_address]).await;
    let from = |address: &str| Person::at(served.addr).with("X-Forwarded-For", address);
    let _first = from("192.0.2.1").socket().await;
    let second = from("192.0.2.2").wire("/ws").await.expect("accepted, then closed");
    assert_eq!(second.closed().await, close::TOO_MANY_CONNECTIONS, "nobody is believed by default");

    let dir = folder();
    let proxies = ("ROOMFUL_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
    let served = Served::start(dir.path(), &[per_address, proxies]).await;
    let from = |address: &str| Person::at(served.addr).with("X-Forwarded-For", address);
    let _first = from("192.0.2.1").socket().await;
    let _second = from("192.0.2.2, 10.1.2.3").socket().await;
    // What a client writes into the header itself stands before what the proxy adds.
    let third = from("198.51.100.7, 192.0.2.1").wire("/ws").await.expect("accepted, then closed");
    assert_eq!(third.closed().await, close::TOO_MANY_CONNECTIONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_can_be_set_and_switched_off() {
    let dir = folder();
    let settings = [
        ("ROOMFUL_MESSAGE_RATE", "2/60s"),
        ("ROOMFUL_CONNECTIONS_PER_USER", "1"),
        ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "0"),
    ];
    let served = Served::start(dir.path(), &settings).await;
    let alice = served.person("alice").await;
    let mut socket = alice.socket().await;
    socket.send(LOBBY, "one").await;
    socket.send(LOBBY, "two").await;
    let third = crate::support::main_socket::saying(LOBBY, "three", &crate::support::cid());
    assert_eq!(socket.ask_err(third).await["code"], "rate_limited");
    let second = alice.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(second.closed().await, close::TOO_MANY_CONNECTIONS);
    drop(served);

    let dir = folder();
    let settings = [("ROOMFUL_MESSAGE_RATE", "off"), ("ROOMFUL_CONNECTIONS_PER_USER", "0")];
    let served = Served::start(dir.path(), &settings).await;
    let alice = served.person("alice").await;
    let mut sockets: Vec<MainSocket> = Vec::new();
    for _ in 0..15 {
        sockets.push(alice.socket().await);
    }
    for n in 0..30 {
        sockets[0].send(LOBBY, &n.to_string()).await;
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// It failed, with a sentence that names what is wrong, and without a panic.
#[track_caller]
fn refused(output: &Output, naming: &str) {
    let said = printed(output);
    assert!(!output.status.success(), "it went on: {said}");
    assert!(said.contains(naming), "{naming} is not named: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_serve_refuses_by_any_name_of_the_database() {
    let dir = folder();
    let _served = Served::start_empty(dir.path()).await;
    let link = dir.path().join("another-name.db");
    std::os::unix::fs::symlink(dir.path().join("roomful.db"), &link).expect("a link");
    let url = format!("sqlite:{}", link.display());
    let second = command(dir.path(), &[("ROOMFUL_DATABASE_URL", &url)], &["serve"]);
    refused(&run_with(second, "").await, "already serves");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_reads_the_database_and_its_backups() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = folder();
    roomful_ok(dir.path(), &["migrate"], "").await;
    let copy = dir.path().join("copy.db");
    roomful_ok(dir.path(), &["backup", &copy.display().to_string()], "").await;
    for file in [dir.path().join("roomful.db"), copy] {
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", file.display());
    }
}
