use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn closed() -> Outside {
    Outside::with_lookup(&[], |_| Box::pin(async { Ok(vec![]) }))
}

/// One that reaches this machine, and for which every name is this machine's.
fn open() -> Outside {
    let here = ["127.0.0.0/8".parse().unwrap()];
    Outside::with_lookup(&here, |_| Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) }))
}

fn letter(url: &str) -> Letter {
    Letter {
        url: url.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        inside: true,
        patience: Duration::from_secs(5),
        most_answer_bytes: 1_000,
    }
}

/// A server that answers everybody with these bytes, and how many came.
async fn server(answer: Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, came) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counting = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counting.fetch_add(1, Ordering::Relaxed);
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 4_096]).await;
                let _ = socket.write_all(&answer).await;
                // An empty answer is a server that never says anything.
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (addr, came)
}

#[test]
fn no_private_address_is_taken_in_any_form() {
    let outside = closed();
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://１２７.０.０.１/",
        "https://0/",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:a00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[fc00::1]/",
        "https://[fd12:3456::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
    ] {
        let refusal = outside.check_url(url).unwrap_err();
        assert_eq!(refusal.why.map(|why| why.key).as_deref(), Some("url_not_public"), "{url}");
    }
}

#[test]
fn a_url_is_https_without_a_password_at_a_port_for_it() {
    let outside = closed();
    for url in [
        "https://example.org",
        "https://example.org:8443/a?b#c",
        " https://1.1.1.1/ ",
        "https://例子.中国/",
    ] {
        assert!(outside.check_url(url).is_ok(), "{url}");
    }
    for url in [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "unix:/run/x",
        "javascript:alert(1)",
        "https://",
        "https:///",
        "//example.org/",
        "example.org",
        "",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://:secret@example.org/",
        "https://example.org:22/",
        "https://example.org:80/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://[::1/",
        "https://[fe80::1%25lo]/",
    ] {
        let refusal = outside.check_url(url).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("url"), "{url}");
    }
    let long = format!("https://example.org/{}", "a".repeat(URL));
    assert_eq!(outside.check_url(&long).unwrap_err().code, crate::protocol::Code::TooLong);
    assert!(open().check_url("http://127.0.0.1:8080/").is_ok());
    assert!(open().check_url("http://10.0.0.1:8080/").is_err(), "http, where it is only public");
    assert!(open().check_url("http://1.1.1.1/").is_err(), "http, where it is only public");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_when_it_is_used() {
    let (addr, came) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    // Public when it is looked at, and this machine a moment later.
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    let outside = Outside::with_lookup(&[], move |_| {
        let first = counting.fetch_add(1, Ordering::Relaxed) == 0;
        Box::pin(async move {
            // Of the public ones, nobody's.
            Ok(vec![if first { "2000::1".parse().unwrap() } else { [127, 0, 0, 1].into() }])
        })
    });
    let url = format!("https://changes.example:{}/", addr.port());
    assert!(outside.check_url(&url).is_ok());
    let soon = Letter { patience: Duration::from_millis(200), ..letter(&url) };
    let first = outside.send(soon).await;
    if first == Err(Failed::NoCertificates) {
        // The guard itself, on a machine that could send nothing anyhow.
        let guard = Guard {
            reachable: [].into(),
            lookup: Arc::new(|_| Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })),
            secure: true,
        };
        assert!(guard.resolve("changes.example".parse().unwrap()).await.is_err());
        return;
    }
    assert!(matches!(first, Err(Failed::Unreachable | Failed::TimedOut)), "{first:?}");
    assert_eq!(outside.send(letter(&url)).await, Err(Failed::NotAllowed));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(came.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_reached_are_passed_on() {
    let both: Vec<IpAddr> =
        ["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1"].map(|text| text.parse().unwrap()).to_vec();
    let guard = |secure, reachable: &[&str]| Guard {
        reachable: reachable.iter().map(|net| net.parse().unwrap()).collect(),
        lookup: {
            let both = both.clone();
            Arc::new(move |_| {
                let both = both.clone();
                Box::pin(async move { Ok(both) })
            })
        },
        secure,
    };
    let passed = async |guard: Guard| {
        let found = guard.resolve("a.example".parse().unwrap()).await;
        found.map(|found| found.map(|one| one.ip().to_string()).collect::<Vec<_>>()).ok()
    };
    assert_eq!(passed(guard(true, &[])).await.unwrap(), ["1.1.1.1", "2606:4700::1"]);
    assert_eq!(
        passed(guard(true, &["10.0.0.0/8"])).await.unwrap(),
        ["10.0.0.1", "1.1.1.1", "2606:4700::1"]
    );
    assert_eq!(passed(guard(false, &["10.0.0.0/8"])).await.unwrap(), ["10.0.0.1"]);
    assert_eq!(passed(guard(false, &[])).await, None);
}

#[tokio::test]
async fn an_answer_that_leads_elsewhere_is_not_followed() {
    let (inner, came) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let moved =
        format!("HTTP/1.1 307 Moved\r\nlocation: http://{inner}/\r\ncontent-length: 0\r\n\r\n");
    let (addr, _) = server(moved.into_bytes()).await;
    let answer = open().send(letter(&format!("http://{addr}/"))).await.unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(came.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_answer_is_read_as_far_as_it_is_wanted() {
    let head = "HTTP/1.1 503 Later\r\nretry-after: 7\r\ncontent-length: 50000000\r\n\r\n";
    let (addr, _) = server([head.as_bytes(), &vec![b'x'; 100_000]].concat()).await;
    let answer = open().send(letter(&format!("http://name.example:{}/", addr.port()))).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (503, 1_000));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let (addr, _) = server(vec![]).await;
    let soon =
        Letter { patience: Duration::from_millis(100), ..letter(&format!("http://{addr}/")) };
    assert_eq!(open().send(soon).await, Err(Failed::TimedOut));
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(open().send(letter(&format!("http://{nobody}/"))).await, Err(Failed::Unreachable));
}

#[test]
fn both_forms_of_retry_after_are_read() {
    assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), At::parse("1994-11-06T08:49:37Z"));
    for wrong in ["Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "soon", ""] {
        assert_eq!(date(wrong), None, "{wrong}");
    }
    let read = |text: &'static str| {
        retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]))
    };
    assert_eq!(read("120"), Some(Duration::from_secs(120)));
    assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
    assert_eq!(read("-1"), None);
}
