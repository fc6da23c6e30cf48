//! Files: taking them in, showing them to whoever may read the message that has them, and letting go
//! of those that nobody shows any more.

use super::{Domain, Scope, Who, unavailable};
use crate::protocol::refusal::Reason;
use crate::protocol::views::FileView;
use crate::protocol::{At, Code, Refusal, Target, limits, names};
use crate::server::pictures::{self, Drawn, Picture, Trouble};
use crate::server::security::secrets;
use crate::server::shelf::{Incoming, Shelf};
use crate::server::store::UserId;
use crate::server::store::files::{self, Found, Upload};
use crate::words::Word;
use image::ImageFormat;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Uploads on their way, of all users and of one: each holds a connection and a file.
const AT_ONCE: usize = 64;
const AT_ONCE_EACH: usize = 4;
/// Milliseconds until an upload is tried again that found no place: one that is under way may have ended.
const AGAIN_MS: u64 = 1_000;
/// Pictures that are read at once: one may take half a gigabyte.
const READING: usize = 1;
/// How long an upload waits for a message that takes it.
const WAITS: Duration = Duration::from_secs(24 * 3_600);
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Uploads that are forgotten in one turn at writing.
const FORGET: i64 = 200;
/// Contents that are looked for in one statement.
const LOOK: usize = 500;
/// What is told to be whatever it is: nothing that a browser would run, or take for something else.
const PLAIN: &str = "application/octet-stream";

/// Where files are, and who is sending some.
pub struct Files {
    /// Their contents.
    pub shelf: Shelf,
    reading: Arc<Semaphore>,
    sending: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// A place among those who send.
pub struct Sending {
    all: Arc<Mutex<HashMap<UserId, usize>>>,
    user: UserId,
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.user);
            }
        }
    }
}

impl Files {
    /// On this shelf.
    #[must_use]
    pub fn new(shelf: Shelf) -> Self {
        Self { shelf, reading: Arc::new(Semaphore::new(READING)), sending: Arc::default() }
    }

    fn line_up(&self, user: UserId) -> Result<Sending, Refusal> {
        let mut all = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().sum::<usize>() >= AT_ONCE {
            return Err(later(Word::FilesBusy));
        }
        let mine = all.entry(user).or_default();
        if *mine >= AT_ONCE_EACH {
            return Err(later(Word::FilesBusyYours.of(&[&AT_ONCE_EACH])));
        }
        *mine += 1;
        Ok(Sending { all: Arc::clone(&self.sending), user })
    }

    /// Reads a picture when it is its turn; before that its bytes are not in memory.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        bytes: impl Future<Output = io::Result<Vec<u8>>>,
        work: impl FnOnce(&[u8]) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.reading).acquire_owned().await;
        let bytes = bytes.await.map_err(disk)?;
        let read = tokio::task::spawn_blocking(move || {
            // Until it is done: who sent it may have hung up, and nobody else's turn begins with that.
            let _turn = turn;
            work(&bytes)
        });
        match read.await {
            Ok(read) => read.map_err(|trouble| match trouble {
                Trouble::TooLarge => Refusal::invalid("file", Word::PictureTooLarge),
                Trouble::Broken => Refusal::invalid("file", Word::PictureBroken),
            }),
            Err(error) => {
                tracing::error!(%error, "a picture could not be read");
                Err(Refusal::unavailable())
            }
        }
    }
}

fn later(why: impl Into<Reason>) -> Refusal {
    let retry_ms = Some(AGAIN_MS);
    Refusal { temporary: true, retry_ms, ..Refusal::new(Code::TooMany, why) }
}

/// What a failing disk is to those outside; the cause is logged.
pub(super) fn disk(error: io::Error) -> Refusal {
    tracing::error!(%error, "the folder of the files failed");
    Refusal::unavailable()
}

/// A file that is coming in.
pub struct Receiving {
    user: UserId,
    name: String,
    incoming: Incoming,
    most: u64,
    _place: Sending,
}

impl Receiving {
    /// The next bytes.
    ///
    /// # Errors
    /// `too_long` past the limit.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.incoming.bytes() + bytes.len() as u64 > self.most {
            return Err(too_large(self.most));
        }
        self.incoming.write(bytes).await.map_err(disk)
    }
}

/// The refusal of what is larger than `most` bytes.
#[must_use]
pub fn too_large(most: u64) -> Refusal {
    let most = match most / 1024 {
        kilo @ ..1024 => format!("{kilo} KB"),
        kilo => format!("{} MB", kilo / 1024),
    };
    Refusal::too_long("file", Word::FileTooLarge.of(&[&most]))
}

/// A file to show.
#[derive(Debug)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: String,
    /// Its content on the shelf.
    pub hash: String,
}

impl Domain {
    /// Takes a place in the line of those who send files, for as long as it is held: for a picture
    /// that is taken into memory as it comes.
    ///
    /// # Errors
    /// `login_needed` for a visitor, `too_many` where too many come at once.
    pub fn line_up(&self, who: &Who) -> Result<Sending, Refusal> {
        self.files.line_up(who.writer()?.id)
    }

    /// Begins to take a file in. `bytes`: how many will come, where that was said.
    ///
    /// # Errors
    /// `too_long` for one that is too large, `too_many` where too many come at once,
    /// `rate_limited` after too many in a day.
    pub async fn receive(
        &self,
        who: &Who,
        name: &str,
        bytes: Option<u64>,
    ) -> Result<Receiving, Refusal> {
        let me = who.writer()?;
        let most = self.config.file_limit as u64;
        if most == 0 {
            return Err(Refusal::new(Code::Forbidden, Word::FilesNone));
        }
        if bytes.is_some_and(|bytes| bytes > most) {
            return Err(too_large(most));
        }
        let place = self.files.line_up(me.id)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let day = At(At::now().0 - DAY_MS);
        let sent = files::since(&mut db, me.id, day).await.map_err(unavailable)?;
        drop(db);
        if sent.0 >= limits::FILES_A_DAY || sent.1 >= limits::FILE_BYTES_A_DAY {
            let megabytes = limits::FILE_BYTES_A_DAY / 1024 / 1024;
            let why = Word::FilesToday.of(&[&limits::FILES_A_DAY, &megabytes]);
            return Err(Refusal::rate_limited(why, DAY_MS as u64));
        }
        let incoming = self.files.shelf.begin().await.map_err(disk)?;
        Ok(Receiving { user: me.id, name: name.to_owned(), incoming, most, _place: place })
    }

    /// The file is here whole: it is looked at, stored, and waits for a message that takes it.
    ///
    /// # Errors
    /// `invalid` for an empty file, and for a picture that cannot be read or is too large.
    pub async fn received(&self, file: Receiving) -> Result<FileView, Refusal> {
        let Receiving { user, name, incoming, _place, .. } = file;
        if incoming.bytes() == 0 {
            return Err(Refusal::invalid("file", Word::FileEmpty));
        }
        match pictures::format(incoming.head()) {
            Some(format) => self.take_picture(user, &name, incoming, format).await,
            None => self.take_file(user, &name, incoming).await,
        }
    }

    async fn take_file(
        &self,
        user: UserId,
        name: &str,
        incoming: Incoming,
    ) -> Result<FileView, Refusal> {
        let view = FileView {
            id: secrets::short_id(),
            name: names::file(name, None),
            kind: kind(incoming.head()).to_owned(),
            bytes: i64::try_from(incoming.bytes()).unwrap_or(i64::MAX),
            width: None,
            height: None,
        };
        let _turn = self.files.shelf.turn().await;
        let hash = self.files.shelf.keep(incoming).await.map_err(disk)?;
        self.note(Upload { user, view, hash, small: None }).await
    }

    async fn take_picture(
        &self,
        user: UserId,
        name: &str,
        incoming: Incoming,
        format: ImageFormat,
    ) -> Result<FileView, Refusal> {
        let redraw = move |bytes: &[u8]| pictures::redraw(bytes, format);
        let picture = self.files.read(incoming.read(), redraw).await?;
        let Picture { whole, small, width, height } = picture;
        let view = FileView {
            id: secrets::short_id(),
            name: names::file(name, extension(whole.kind)),
            kind: whole.kind.to_owned(),
            bytes: i64::try_from(whole.bytes.len()).unwrap_or(i64::MAX),
            width: Some(width),
            height: Some(height),
        };
        let shelf = &self.files.shelf;
        let _turn = shelf.turn().await;
        let hash = shelf.put(whole.bytes).await.map_err(disk)?;
        let small = match small {
            Some(Drawn { kind, bytes }) => Some((shelf.put(bytes).await.map_err(disk)?, kind)),
            None => None,
        };
        self.note(Upload { user, view, hash, small }).await
    }

    async fn note(&self, upload: Upload) -> Result<FileView, Refusal> {
        let mut tx = self.store.write().await.map_err(unavailable)?;
        files::add(&mut tx, &upload).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(upload.view)
    }

    /// A file, or a picture's small version, for whoever may read the message that has it; one that
    /// no message has yet, for its owner alone.
    ///
    /// # Errors
    /// `not_found` for everybody else.
    pub async fn file(&self, who: &Who, id: &str, small: bool) -> Result<Shown, Refusal> {
        let none = || Refusal::not_found("such file");
        who.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let found = files::find(&mut db, id).await.map_err(unavailable)?.ok_or_else(none)?;
        drop(db);
        if found.deleted {
            return Err(none());
        }
        let mine = who.member().is_ok_and(|me| me.id == found.user_id);
        if found.log_id.is_some() {
            let to = whose(who, &found).ok_or_else(none)?;
            self.locate(who, &to).await.map_err(|refusal| match refusal.code {
                Code::Unavailable => refusal,
                _ => none(),
            })?;
        } else if !mine {
            return Err(none());
        }
        let Found { name, kind, hash, small: small_hash, small_kind, .. } = found;
        Ok(match (small, small_hash, small_kind) {
            (true, Some(hash), Some(kind)) => Shown { name, kind, hash },
            _ => Shown { name, kind, hash },
        })
    }

    /// Lets go of files that nobody shows any more: what waited a day for a message in vain, what
    /// was deleted with its message, and contents that nothing names.
    ///
    /// # Errors
    /// `unavailable` when database or disk fail.
    pub async fn sweep_files(&self) -> Result<(), Refusal> {
        let before = At(At::now().0 - WAITS.as_millis() as i64);
        loop {
            let mut tx = self.store.write().await.map_err(unavailable)?;
            let forgotten = files::forget(&mut tx, before, FORGET).await.map_err(unavailable)?;
            tx.commit().await.map_err(unavailable)?;
            if forgotten == 0 {
                break;
            }
        }
        // What has just come may be about to be noted, in another turn than ours.
        let old = self.files.shelf.older_than(Duration::from_secs(1)).await.map_err(disk)?;
        for some in old.chunks(LOOK) {
            let _turn = self.files.shelf.turn().await;
            let mut db = self.store.glance().await.map_err(unavailable)?;
            let unnamed = files::unnamed(&mut db, some).await.map_err(unavailable)?;
            drop(db);
            self.files.shelf.remove(&unnamed).await.map_err(disk)?;
        }
        Ok(())
    }
}

/// The place of the message that has a file, as whoever asks would name it.
fn whose(who: &Who, found: &Found) -> Option<Target> {
    if let Some(room) = &found.room {
        return Some(Target::Room(room.clone()));
    }
    let me = who.member().ok()?.id;
    let other = match (found.low, found.high) {
        (Some(low), _) if low == me => &found.high_name,
        (_, Some(high)) if high == me => &found.low_name,
        _ => return None,
    };
    other.clone().map(Target::Person)
}

/// How a picture's file ends.
fn extension(kind: &str) -> Option<&'static str> {
    match kind {
        "image/jpeg" => Some("jpg"),
        "image/png" => Some("png"),
        "image/gif" => Some("gif"),
        _ => None,
    }
}

/// What a file is told to be, by its beginning: sound, film, a few kinds that every system has a
/// program for, or nothing in particular.
fn kind(head: &[u8]) -> &'static str {
    let known = infer::get(head).map_or(PLAIN, |known| known.mime_type());
    match known {
        "video/mp4" | "video/webm" | "audio/mpeg" | "audio/ogg" | "audio/m4a" | "audio/x-flac"
        | "audio/x-wav" | "application/pdf" | "application/zip" | "application/gzip" => known,
        PLAIN if is_text(head) => "text/plain",
        _ => PLAIN,
    }
}

/// Text as far as the beginning tells; its last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let words = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    words && !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_the_content_and_nothing_that_runs_is_told() {
        for (head, told) in [
            (&b"just words"[..], "text/plain"),
            ("到这里为止 \u{4e2d}".as_bytes().split_last().unwrap().1, "text/plain"),
            (b"<!DOCTYPE html><script>alert(1)</script>", PLAIN),
            (b"<?xml version=\"1.0\"?><svg/>", PLAIN),
            (b"%PDF-1.7 <script>", "application/pdf"),
            (b"#!/bin/sh\nrm -rf /", PLAIN),
            (b"\x7fELF\x02\x01\x01", PLAIN),
            (b"MZ\x90\0", PLAIN),
            (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "video/mp4"),
        ] {
            assert_eq!(kind(head), told, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn one_user_does_not_take_all_places() {
        let files = Files::new(Shelf::at("nowhere".into()));
        let mut mine: Vec<_> = (0..AT_ONCE_EACH).map(|_| files.line_up(UserId(1))).collect();
        assert!(mine.iter().all(Result::is_ok) && files.line_up(UserId(1)).is_err());
        let _other = files.line_up(UserId(2)).unwrap();
        mine.pop();
        assert!(files.line_up(UserId(1)).is_ok());
    }
}
