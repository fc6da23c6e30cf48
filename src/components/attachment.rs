//! The files of a message: pictures as pictures, sound and film to be played, everything else as a
//! card to be saved. Whatever its height will be is known before it is there.

use super::tree::Out;
use crate::{
    client::{attach::is_here, letters::capital},
    protocol::{urls, views::FileView},
};

/// Pixels of a picture in the log, at most.
const SHOWN: (u32, u32) = (320, 240);

/// The files of a message; nothing where it has none.
pub fn attachments(files: &[FileView], out: &mut Out) {
    if !files.is_empty() {
        out.open("div", &[("class", "files")]);
        for it in files {
            file(it, out);
        }
        out.close();
    }
}

fn file(file: &FileView, out: &mut Out) {
    let name = &*file.name;
    if !is_here(file) {
        return card(file, None, out);
    }
    let whole = &*urls::file(&file.id, name, false);
    if let Some((width, height)) = file.width.zip(file.height) {
        let (width, height) = fit(width, height);
        out.open(
            "a",
            &[("class", "picture"), ("href", whole), ("target", "_blank"), ("rel", "noopener")],
        );
        out.leaf(
            "img",
            &[
                // First: what it says of the loading must be known before it begins.
                ("loading", "lazy"),
                ("decoding", "async"),
                ("src", &urls::file(&file.id, name, true)),
                ("alt", name),
                ("title", name),
                ("width", &width.to_string()),
                ("height", &height.to_string()),
            ],
            "",
        );
        out.close();
    } else if file.kind.starts_with("video/") || file.kind.starts_with("audio/") {
        out.leaf(
            "video",
            &[
                ("class", if file.kind.starts_with("audio/") { "sound" } else { "film" }),
                ("preload", "metadata"),
                ("src", whole),
                ("controls", ""),
                ("title", name),
                ("aria-label", name),
            ],
            "",
        );
    } else {
        card(file, Some(whole), out);
    }
}

/// A link without an address is none: the file is still on its way.
fn card(file: &FileView, whole: Option<&str>, out: &mut Out) {
    let about = [&*kind(&file.name), " · ", &size(file.bytes.unsigned_abs())].concat();
    out.open("a", &[("class", "card-file")]);
    out.maybe("href", whole);
    out.maybe("download", whole.map(|_| &*file.name));
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], &file.name);
    out.leaf("span", &[("class", "about")], &about);
    out.close();
}

/// What a file's name says that it is: "PDF".
fn kind(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, end)) if end.chars().count() <= 8 => capital(end),
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
