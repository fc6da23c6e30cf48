//! A GIF taken apart and put together again without its notes (GIF89a, the W3C's copy of the
//! specification): what stays are its frames, how long each is shown, and how often all are repeated.

/// Introduces an extension, a frame, and the end.
const EXTENSION: u8 = 0x21;
const FRAME: u8 = 0x2C;
const END: u8 = 0x3B;
/// How long a frame is shown, and what of it can be seen through.
const CONTROL: u8 = 0xF9;
/// A program's own; one of them says how often the frames are repeated.
const PROGRAMS_OWN: u8 = 0xFF;
const REPEATS: &[u8] = b"\x0bNETSCAPE2.0";
/// Header and screen descriptor.
const HEAD: usize = 13;

/// The picture without its notes and without what comes after its end; none where it is no GIF.
pub fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut from = Reader { bytes, at: 0 };
    let mut clean = Vec::with_capacity(bytes.len());
    let head = from.take(HEAD)?;
    clean.extend_from_slice(head);
    clean.extend_from_slice(from.take(colours(head[10]))?);
    let mut frames = 0;
    loop {
        let began = from.at;
        match from.take(1)?[0] {
            END => break,
            FRAME => {
                let place = from.take(9)?;
                from.take(colours(place[8]))?;
                from.take(1)?;
                from.blocks()?;
                frames += 1;
                clean.extend_from_slice(&bytes[began..from.at]);
            }
            EXTENSION => {
                let what = from.take(1)?[0];
                let inside = from.at;
                from.blocks()?;
                let repeats = what == PROGRAMS_OWN && bytes[inside..].starts_with(REPEATS);
                if what == CONTROL || repeats {
                    clean.extend_from_slice(&bytes[began..from.at]);
                }
            }
            _ => return None,
        }
    }
    clean.push(END);
    (frames > 0).then_some(clean)
}

/// Bytes of the table of colours that these flags announce.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at + count)?;
        self.at += count;
        Some(taken)
    }

    /// Blocks, each led by its length, up to an empty one.
    fn blocks(&mut self) -> Option<()> {
        loop {
            let length = self.take(1)?[0];
            if length == 0 {
                return Some(());
            }
            self.take(usize::from(length))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two frames that are repeated for ever, with a note.
    fn noted() -> Vec<u8> {
        let frame = b"\x21\xF9\x04\0\x0A\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
        bytes.extend_from_slice(b"\x21\xFF\x0bNETSCAPE2.0\x03\x01\0\0\0");
        bytes.extend_from_slice(b"\x21\xFE\x06secret\0");
        bytes.extend_from_slice(b"\x21\xFF\x0bXMP DataXMP\x03abc\0");
        bytes.extend_from_slice(frame);
        bytes.extend_from_slice(frame);
        bytes.extend_from_slice(b"\x3B<html>");
        bytes
    }

    #[test]
    fn frames_stay_and_notes_go() {
        let clean_ = clean(&noted()).unwrap();
        let holds = |text: &[u8]| clean_.windows(text.len()).any(|window| window == text);
        assert!(holds(b"NETSCAPE2.0") && clean_.ends_with(b"\x44\x01\0\x3B"));
        assert!(!holds(b"secret") && !holds(b"XMP") && !holds(b"html"));
        assert_eq!(clean(&clean_), Some(clean_.clone()), "clean is clean");
        assert!(image::load_from_memory(&clean_).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(cut in 0usize..120, at in 0usize..120, byte in any::<u8>()) {
            let mut bytes = noted();
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(cut.max(1));
            let _ = clean(&bytes);
        }
    }
}
