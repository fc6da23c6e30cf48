//! Forms that carry files (RFC 7578): what a page without a script sends.

use super::{App, body, files};
use crate::protocol::views::FileView;
use crate::protocol::{Code, Refusal, limits};
use crate::server::domain::Who;
use crate::server::domain::files::too_large;
use crate::server::domain::post::too_many_files;
use crate::words::Word;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use futures_util::stream;
use multer::{Field, Multipart};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of all texts in a form: as those of a form without files.
const TEXT: usize = body::MOST;
/// Texts in a form: more than any of ours has.
const TEXTS: usize = 20;
/// Bytes of a form that may come before anything of it can be made use of: twice what a connection
/// reads at once. What names a part has no end of its own, and waits in memory for it.
const WAIT: usize = 1024 * 1024;

/// Whether a request is such a form.
#[must_use]
pub fn is(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

fn unreadable(error: multer::Error) -> Refusal {
    tracing::debug!(%error, "a form could not be read");
    Refusal::new(Code::BadFrame, Word::FormNotRead)
}

/// A form as it comes.
struct Form {
    parts: Multipart<'static>,
    /// Bytes that have come since something was made use of.
    wait: Arc<AtomicUsize>,
}

impl Form {
    fn open(app: &App, request: Request) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(unreadable)?;
        let (app, body) = (app.clone(), request.into_body().into_data_stream());
        let wait = Arc::<AtomicUsize>::default();
        let come = Arc::clone(&wait);
        let pieces = stream::unfold((app, body, come), |(app, mut body, come)| async move {
            // Whoever reads takes in all that is there before they look at any of it.
            tokio::task::yield_now().await;
            let piece: Result<_, io::Error> = files::piece(&app, &mut body).await.transpose()?;
            let piece = piece.and_then(|piece| {
                match come.fetch_add(piece.len(), Ordering::Relaxed) + piece.len() {
                    0..=WAIT => Ok(piece),
                    _ => Err(io::Error::other("a part that does not begin")),
                }
            });
            Some((piece, (app, body, come)))
        });
        Ok(Self { parts: Multipart::new(pieces, boundary), wait })
    }

    async fn field(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        let field = self.parts.next_field().await.map_err(unreadable)?;
        self.wait.store(0, Ordering::Relaxed);
        Ok(field)
    }

    async fn piece(&self, of: &mut Field<'static>) -> multer::Result<Option<Bytes>> {
        let piece = of.chunk().await?;
        self.wait.store(0, Ordering::Relaxed);
        Ok(piece)
    }

    /// The name and the text of a field, of so many bytes at most.
    async fn text(
        &self,
        mut field: Field<'static>,
        most: usize,
    ) -> Result<(String, String), Refusal> {
        let name = field.name().unwrap_or_default().to_owned();
        if name.len() > most {
            return Err(Refusal::new(Code::BadFrame, Word::FormNotRead));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(&mut field).await.map_err(unreadable)? {
            if name.len() + bytes.len() + piece.len() > most {
                return Err(Refusal::too_long(&name, Word::FieldTooLong));
            }
            bytes.extend_from_slice(&piece);
        }
        let text =
            String::from_utf8(bytes).map_err(|_| Refusal::invalid(&name, Word::FieldNoText))?;
        Ok((name, text))
    }

    /// The same, after these.
    async fn text_after(
        &self,
        fields: &[(String, String)],
        field: Field<'static>,
    ) -> Result<(String, String), Refusal> {
        if fields.len() >= TEXTS {
            return Err(Refusal::new(Code::BadFrame, Word::FormNotRead));
        }
        let taken: usize = fields.iter().map(|(name, text)| name.len() + text.len()).sum();
        self.text(field, TEXT.saturating_sub(taken)).await
    }
}

/// A field for a file in which none was chosen.
fn is_empty(field: &Field<'_>) -> bool {
    field.file_name().is_some_and(str::is_empty)
}

async fn store(
    app: &App,
    who: &Who,
    form: &Form,
    mut field: Field<'static>,
) -> Result<FileView, Refusal> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut file = app.domain.receive(who, &name, None).await?;
    loop {
        match form.piece(&mut field).await {
            Ok(Some(bytes)) => file.write(&bytes).await?,
            Ok(None) => return app.domain.received(file).await,
            Err(error) => return Err(files::broken(io::Error::other(error))),
        }
    }
}

/// Takes the first file of a form in.
///
/// # Errors
/// Those of taking a file in, or that there is none.
pub async fn first_file(app: &App, who: &Who, request: Request) -> Result<FileView, Refusal> {
    let mut form = Form::open(app, request)?;
    while let Some(field) = form.field().await? {
        if field.file_name().is_some() && !is_empty(&field) {
            return store(app, who, &form, field).await;
        }
    }
    Err(Refusal::invalid("file", Word::FileMissing))
}

/// A form in which something was refused, as far as it was read: texts come before files in ours,
/// so that none is lost.
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What was typed.
    pub fields: Vec<(String, String)>,
}

/// The form without its files, which are taken in: it names them in its field `files`, as one that
/// the browser's program had sent.
///
/// # Errors
/// Those of taking a file in; with what was typed.
pub async fn plain(app: &App, who: &Who, request: Request) -> Result<Request, Refused> {
    let (mut parts, body) = request.into_parts();
    let mut fields = Vec::new();
    let read = read_plain(app, who, Request::from_parts(parts.clone(), body), &mut fields).await;
    if let Err(refusal) = read {
        return Err(Refused { refusal, fields });
    }
    let form = serde_urlencoded::to_string(&fields).unwrap_or_default();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    parts.headers.insert(header::CONTENT_TYPE, kind);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.len()));
    Ok(Request::from_parts(parts, Body::from(form)))
}

async fn read_plain(
    app: &App,
    who: &Who,
    request: Request,
    fields: &mut Vec<(String, String)>,
) -> Result<(), Refusal> {
    let mut form = Form::open(app, request)?;
    let mut taken: Vec<String> = Vec::new();
    while let Some(field) = form.field().await? {
        if is_empty(&field) {
            continue;
        }
        if field.file_name().is_some() {
            if taken.len() >= limits::FILES {
                return Err(too_many_files());
            }
            taken.push(store(app, who, &form, field).await?.id);
        } else {
            fields.push(form.text_after(fields, field).await?);
        }
    }
    if !taken.is_empty() {
        fields.push(("files".to_owned(), taken.join(",")));
    }
    Ok(())
}

/// A form with one small file, in memory.
#[derive(Default)]
pub struct Small {
    /// Its texts.
    pub fields: Vec<(String, String)>,
    /// The file, where one was chosen.
    pub file: Option<Vec<u8>>,
}

/// Reads a form whose one file is a picture for a face, in the field `of`. One of its texts may take
/// the place of the file.
///
/// # Errors
/// `too_long` for a file that is too large.
pub async fn in_memory(app: &App, request: Request, of: &str) -> Result<Small, Refusal> {
    let mut read = Small::default();
    let mut form = Form::open(app, request)?;
    while let Some(mut field) = form.field().await? {
        if is_empty(&field) {
            continue;
        }
        if field.file_name().is_none() {
            read.fields.push(form.text_after(&read.fields, field).await?);
            continue;
        }
        let mut bytes = Vec::new();
        while let Some(piece) = form.piece(&mut field).await.map_err(unreadable)? {
            if bytes.len() + piece.len() > limits::FACE {
                let refusal = too_large(limits::FACE as u64);
                return Err(Refusal { field: Some(of.to_owned()), ..refusal });
            }
            bytes.extend_from_slice(&piece);
        }
        read.file = Some(bytes);
    }
    Ok(read)
}
