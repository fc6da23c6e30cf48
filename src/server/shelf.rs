//! Contents of files, on disk: each under the SHA-256 of its bytes (`ab/cdef…`), in a folder beside
//! the database. A content never changes once it bears its name, and it bears its name only when it
//! is whole and on the disk: a crash leaves unfinished files and nothing half.

use crate::server::security::secrets;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Mutex, MutexGuard};

/// Where unfinished files are.
const UNFINISHED: &str = "unfinished";
/// Letters of a hash that name its folder: 256 of them.
const FOLDER: usize = 2;
/// Bytes of a file's beginning that tell what it is.
const HEAD: usize = 8 * 1024;

/// See the module.
pub struct Shelf {
    folder: PathBuf,
    turn: Mutex<()>,
}

/// A file on its way. Dropped unfinished, it leaves nothing.
pub struct Incoming {
    part: Part,
    file: tokio::fs::File,
    hash: Sha256,
    bytes: u64,
    head: Vec<u8>,
}

/// The path of an unfinished file, which is removed when this is dropped.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Where it was given its name, there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    // As the database: not for everybody on the machine.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// What may wait for the disk, off the threads that serve.
async fn off<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

impl Incoming {
    /// The next bytes.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// How many there are.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its beginning, which tells what it is.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// All of it, in memory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(mut self) -> io::Result<Vec<u8>> {
        self.file.flush().await?;
        let part = self.part;
        off(move || fs::read(&part.0)).await
    }
}

impl Shelf {
    /// The shelf in this folder, which is made when the first file comes.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder, turn: Mutex::new(()) }
    }

    /// Held by whoever puts a content here and notes it in the database, and by whoever takes away
    /// what no note names: so nothing goes in between.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Begins a file.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn begin(&self) -> io::Result<Incoming> {
        let folder = self.folder.join(UNFINISHED);
        let (part, file) = off(move || {
            make_folder(&folder)?;
            let part = Part(folder.join(secrets::short_id()));
            let file = create(&part.0)?;
            Ok((part, file))
        })
        .await?;
        let file = tokio::fs::File::from_std(file);
        Ok(Incoming { part, file, hash: Sha256::new(), bytes: 0, head: Vec::new() })
    }

    /// Keeps a file as it came; its hash.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn keep(&self, incoming: Incoming) -> io::Result<String> {
        let Incoming { part, mut file, hash, .. } = incoming;
        file.flush().await?;
        file.sync_all().await?;
        let hash = hex(&hash.finalize());
        self.name(part, hash).await
    }

    /// Keeps these bytes; their hash.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub async fn put(&self, bytes: Vec<u8>) -> io::Result<String> {
        let folder = self.folder.join(UNFINISHED);
        let (part, hash) = off(move || {
            make_folder(&folder)?;
            let part = Part(folder.join(secrets::short_id()));
            let mut file = create(&part.0)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            Ok((part, hex(&Sha256::digest(&bytes))))
        })
        .await?;
        self.name(part, hash).await
    }

    /// Gives a finished file its name. Where the same content is there already, that one stays.
    async fn name(&self, part: Part, hash: String) -> io::Result<String> {
        let path = self.path(&hash).ok_or(io::ErrorKind::InvalidInput)?;
        off(move || {
            if !path.exists() {
                let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
                make_folder(folder)?;
                fs::rename(&part.0, &path)?;
                // The name is on the disk only when its folder is.
                File::open(folder)?.sync_all()?;
            }
            Ok(hash)
        })
        .await
    }

    /// The content of this hash, and how many bytes it has.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub async fn open(&self, hash: &str) -> io::Result<(tokio::fs::File, u64)> {
        let path = self.path(hash).ok_or(io::ErrorKind::NotFound)?;
        let (file, bytes) = off(move || {
            let file = File::open(path)?;
            let bytes = file.metadata()?.len();
            Ok((file, bytes))
        })
        .await?;
        Ok((tokio::fs::File::from_std(file), bytes))
    }

    /// Takes contents away; one that is not there is no error.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub async fn remove(&self, hashes: &[String]) -> io::Result<()> {
        let paths: Vec<PathBuf> = hashes.iter().filter_map(|hash| self.path(hash)).collect();
        off(move || {
            for path in paths {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }

    /// The hashes of all that has lain here for longer than `age`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn older_than(&self, age: Duration) -> io::Result<Vec<String>> {
        let folder = self.folder.clone();
        off(move || {
            let mut found = Vec::new();
            let Some(before) = SystemTime::now().checked_sub(age) else { return Ok(found) };
            for path in contents(&folder)? {
                if fs::metadata(&path)?.modified()? < before {
                    found.extend(hash_of(&path));
                }
            }
            Ok(found)
        })
        .await
    }

    /// Removes what an earlier run of the server left unfinished.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn tidy(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.folder.join(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, hash: &str) -> Option<PathBuf> {
        let fits = hash.len() > FOLDER && hash.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| self.folder.join(&hash[..FOLDER]).join(&hash[FOLDER..]))
    }
}

/// Copies all contents into a folder, for a backup. They never change, so where both are on one
/// disk, one content is enough for the two. What goes meanwhile is passed over.
///
/// # Errors
/// When the folder cannot be written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    make_folder(to)?;
    for path in contents(from)? {
        let Some(hash) = hash_of(&path) else { continue };
        let folder = to.join(&hash[..FOLDER]);
        make_folder(&folder)?;
        let copy = folder.join(&hash[FOLDER..]);
        if let Ok(there) = fs::metadata(&copy) {
            if fs::metadata(&path).is_ok_and(|here| here.len() == there.len()) {
                continue;
            }
            fs::remove_file(&copy)?;
        }
        let done = fs::hard_link(&path, &copy).or_else(|_| fs::copy(&path, &copy).map(drop));
        match done {
            Err(error) if path.exists() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The paths of all contents.
fn contents(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folders = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for entry in folders {
        let entry = entry?;
        if entry.file_name() == UNFINISHED || !entry.file_type()?.is_dir() {
            continue;
        }
        for content in fs::read_dir(entry.path())? {
            found.push(content?.path());
        }
    }
    Ok(found)
}

fn hash_of(path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?.to_str().filter(|name| name.len() == FOLDER)?;
    Some(format!("{folder}{}", path.file_name()?.to_str()?))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |at: u8| char::from(DIGITS[usize::from(at)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[tokio::test]
    async fn the_same_bytes_are_kept_once_and_nothing_unfinished_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(dir.path().join("files"));
        assert_eq!(shelf.put(Vec::new()).await.unwrap(), EMPTY);
        let mut incoming = shelf.begin().await.unwrap();
        incoming.write(b"").await.unwrap();
        assert_eq!(shelf.keep(incoming).await.unwrap(), EMPTY);
        let mut given_up = shelf.begin().await.unwrap();
        given_up.write(b"half").await.unwrap();
        drop(given_up);
        let left = fs::read_dir(dir.path().join("files").join(UNFINISHED)).unwrap().count();
        assert_eq!(left, 0);
        assert_eq!(shelf.older_than(Duration::ZERO).await.unwrap(), [EMPTY]);
        shelf.remove(&[EMPTY.to_owned(), EMPTY.to_owned()]).await.unwrap();
        assert!(shelf.open(EMPTY).await.is_err());
    }

    #[tokio::test]
    async fn no_hash_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(dir.path().join("files"));
        for wrong in ["", "a", "ab", "../../etc/passwd", "ab/../../x", "é0", "0é"] {
            assert!(shelf.open(wrong).await.is_err(), "{wrong}");
        }
    }
}
