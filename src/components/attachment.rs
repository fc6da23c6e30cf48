//! The files of a message: pictures as pictures, sound and film to be played, everything else as a
//! card to be saved. Whatever its height will be is known before it is there.

use crate::{
    client::attach::is_here,
    protocol::{urls, views::FileView},
};
use leptos::{either::EitherOf3, prelude::*};

/// Pixels of a picture in the log, at most.
const SHOWN: (u32, u32) = (320, 240);

/// The files of a message; nothing where it has none.
pub fn attachments(files: &[FileView]) -> impl IntoView + use<> {
    (!files.is_empty())
        .then(|| view! { <div class="files">{files.iter().map(file).collect_view()}</div> })
}

fn file(file: &FileView) -> impl IntoView + use<> {
    let name = file.name.clone();
    let here = is_here(file);
    let whole = here.then(|| urls::file(&file.id, &name, false));
    let plays = file.kind.starts_with("video/") || file.kind.starts_with("audio/");
    match (whole, file.width.zip(file.height)) {
        (Some(whole), Some((width, height))) => {
            let (width, height) = fit(width, height);
            EitherOf3::A(view! {
                <a class="picture" href=whole target="_blank" rel="noopener">
                    <img
                        src=urls::file(&file.id, &name, true)
                        alt=name.clone()
                        title=name
                        width=width.to_string()
                        height=height.to_string()
                        loading="lazy"
                        decoding="async"
                    />
                </a>
            })
        }
        (Some(whole), None) if plays => {
            let class = if file.kind.starts_with("audio/") { "sound" } else { "film" };
            EitherOf3::B(view! {
                <video class=class src=whole controls=true preload="metadata" title=name.clone() aria-label=name></video>
            })
        }
        (whole, _) => EitherOf3::C(card(file, whole)),
    }
}

/// A link without an address is none: the file is still on its way.
fn card(file: &FileView, whole: Option<String>) -> impl IntoView + use<> {
    let about = [kind(&file.name), size(file.bytes.unsigned_abs())].join(" · ");
    let saved = whole.is_some().then(|| file.name.clone());
    view! {
        <a class="card-file" href=whole download=saved>
            <bdi class="name" dir="auto">{file.name.clone()}</bdi>
            <span class="about">{about}</span>
        </a>
    }
}

/// What a file's name says that it is: "PDF".
fn kind(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, end)) if end.chars().count() <= 8 => end.to_uppercase(),
        _ => "…".to_owned(),
    }
}

/// A size in as few words as it takes: "12 KB", "3.4 MB".
#[must_use]
pub fn size(bytes: u64) -> String {
    let kilo = bytes.div_ceil(1024);
    if kilo < 1000 {
        return [&kilo.to_string(), " KB"].concat();
    }
    let tenths = bytes * 10 / (1024 * 1024);
    [&(tenths / 10).to_string(), ".", &(tenths % 10).to_string(), " MB"].concat()
}

/// As large as it may be in the log, and no larger than it is.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (most_wide, most_high) = (u64::from(SHOWN.0), u64::from(SHOWN.1));
    let (wide, high) = if width * most_high > height * most_wide {
        let wide = width.min(most_wide);
        (wide, height * wide / width)
    } else {
        let high = height.min(most_high);
        (width * high / height, high)
    };
    (wide.max(1) as u32, high.max(1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_form_and_their_bounds() {
        for (width, height, shown) in [
            (4000, 3000, (320, 240)),
            (3000, 4000, (180, 240)),
            (100, 50, (100, 50)),
            (30_000, 1, (320, 1)),
            (1, 30_000, (1, 240)),
            (0, 0, (1, 1)),
        ] {
            assert_eq!(fit(width, height), shown, "{width}×{height}");
        }
    }

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (bytes, said) in [
            (0, "0 KB"),
            (1, "1 KB"),
            (100_000, "98 KB"),
            (1_048_576, "1.0 MB"),
            (5_500_000, "5.2 MB"),
        ] {
            assert_eq!(size(bytes), said);
        }
        assert_eq!(kind("a.tar.gz"), "GZ");
        assert_eq!(kind("Makefile"), "…");
    }
}
