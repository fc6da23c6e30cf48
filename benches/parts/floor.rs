//! The floor: the least program that does what delivery needs and nothing else. It upgrades,
//! unmasks, frames once for all, and writes what has gathered for a socket in one write. It stores
//! nothing and knows nobody. A path is a room; a text frame goes to everybody in it.
//!
//! One task per connection and one queue each, on the same runtime as the server. Buffers belong to
//! the thread: an idle connection keeps none.

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What one read takes, at most.
const READ: usize = 64 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;
/// A request's head, at most.
const HEAD: usize = 8 * 1024;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What waits for one connection.
#[derive(Default)]
struct Seat {
    queue: Mutex<Vec<Bytes>>,
    waker: AtomicWaker,
}

type Room = Arc<Mutex<Vec<Arc<Seat>>>>;
type Rooms = Arc<Mutex<HashMap<String, Room>>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until it is killed.
pub fn run() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        println!("The floor is at http://{}", listener.local_addr()?);
        let rooms = Rooms::default();
        // A task of its own, as the server has: what `block_on` runs is polled on another thread.
        tokio::spawn(async move {
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&rooms)));
                }
            }
        })
        .await?;
        Ok(())
    })
}

async fn serve(mut stream: TcpStream, rooms: Rooms) {
    let Ok(path) = upgrade(&mut stream).await else { return };
    let room = Arc::clone(lock(&rooms).entry(path).or_default());
    let seat = Arc::new(Seat::default());
    lock(&room).push(Arc::clone(&seat));
    let mut connection = Connection { stream, room, seat, unsent: Vec::new(), unread: Vec::new() };
    // Whichever way it ended, it has.
    let _ = poll_fn(|cx| connection.poll(cx)).await;
    lock(&connection.room).retain(|seat| !Arc::ptr_eq(seat, &connection.seat));
}

async fn upgrade(stream: &mut TcpStream) -> io::Result<String> {
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    });
    let key = key.ok_or(io::ErrorKind::InvalidData)?;
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(path)
}

struct Connection {
    stream: TcpStream,
    room: Room,
    seat: Arc<Seat>,
    /// What the socket did not take.
    unsent: Vec<u8>,
    /// The beginning of a frame.
    unread: Vec<u8>,
}

impl Connection {
    /// Reads and writes until there is nothing to do; ready when the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.seat.waker.register(cx.waker());
        loop {
            if let Poll::Ready(Err(error)) = self.write(cx) {
                return Poll::Ready(Err(error));
            }
            if !ready!(self.read(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes all that has gathered, in one write.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent))?;
            self.unsent.drain(..sent);
        }
        self.unsent = Vec::new();
        let mut queue = lock(&self.seat.queue);
        match queue.len() {
            0 => Poll::Ready(Ok(())),
            1 => {
                let frame = queue.pop().unwrap_or_default();
                drop(queue);
                Self::put(&mut self.stream, &mut self.unsent, cx, &frame)
            }
            _ => OUTPUT.with_borrow_mut(|output| {
                output.clear();
                for frame in queue.drain(..) {
                    output.extend_from_slice(&frame);
                }
                drop(queue);
                Self::put(&mut self.stream, &mut self.unsent, cx, output)
            }),
        }
    }

    fn put(
        stream: &mut TcpStream,
        unsent: &mut Vec<u8>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<()>> {
        let mut sent = 0;
        while sent < bytes.len() {
            match Pin::new(&mut *stream).poll_write(cx, &bytes[sent..])? {
                Poll::Ready(more) => sent += more,
                Poll::Pending => {
                    unsent.extend_from_slice(&bytes[sent..]);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once and passes on what was said; false at the end.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        INPUT.with_borrow_mut(|input| {
            let mut buffer = ReadBuf::new(input);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            let read = buffer.filled().len();
            if read == 0 {
                return Poll::Ready(Ok(false));
            }
            let mut said = Vec::new();
            if self.unread.is_empty() {
                let used = frames(&mut input[..read], &mut said);
                self.unread.extend_from_slice(&input[used..read]);
            } else {
                self.unread.extend_from_slice(&input[..read]);
                let used = frames(&mut self.unread, &mut said);
                self.unread.drain(..used);
                if self.unread.is_empty() {
                    self.unread = Vec::new();
                }
            }
            self.pass_on(&said);
            Poll::Ready(Ok(true))
        })
    }

    fn pass_on(&self, said: &[Bytes]) {
        if said.is_empty() {
            return;
        }
        for seat in lock(&self.room).iter() {
            let mut queue = lock(&seat.queue);
            let first = queue.is_empty();
            queue.extend_from_slice(said);
            drop(queue);
            if first {
                seat.waker.wake();
            }
        }
    }
}

/// Unmasks the whole text frames in `input` and frames each for all who will read it; answers how
/// many bytes they were.
fn frames(input: &mut [u8], said: &mut Vec<Bytes>) -> usize {
    let mut at = 0;
    while let [first, second, rest @ ..] = &mut input[at..] {
        let (length, more) = match (*second & 0x7f, &*rest) {
            (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 2),
            (short @ ..126, _) => (usize::from(short), 0),
            _ => break,
        };
        let Some(body) = rest.get_mut(more..more + 4 + length) else { break };
        let (mask, payload) = body.split_at_mut(4);
        for (n, byte) in payload.iter_mut().enumerate() {
            *byte ^= mask[n % 4];
        }
        if *first == 0x81 {
            let mut frame = Vec::with_capacity(4 + length);
            match u8::try_from(length) {
                Ok(short @ ..126) => frame.extend_from_slice(&[0x81, short]),
                _ => {
                    frame.extend_from_slice(&[0x81, 126]);
                    frame.extend_from_slice(&(length as u16).to_be_bytes());
                }
            }
            frame.extend_from_slice(payload);
            said.push(frame.into());
        }
        at += 2 + more + 4 + length;
    }
    at
}
