//! Pictures: what was sent is read, bounded in pixels and memory, and drawn anew. So what is kept is
//! a picture and nothing else: no place where it was taken, no camera, no hidden text, nothing that
//! comes after its end. The file as it came is not kept.
//!
//! Colour profiles and the movement of PNG and WebP pictures go too. A moving GIF keeps its frames,
//! and of what stands between them only how often they are repeated.

mod gif;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, ImageResult, Limits};
use std::io::Cursor;

/// Pixels of a picture: more than a phone's camera makes; 160 MB while it is read.
const PIXELS: u64 = 40_000_000;
/// Pixels of its longer side.
const SIDE: u32 = 30_000;
/// Bytes that reading one may take.
const MEMORY: u64 = 384 * 1024 * 1024;
/// Pixels of the longer side of the small version: twice of what is shown, for dense screens.
const SMALL: u32 = 640;
/// A picture of fewer bytes needs no small version.
const LIGHT: usize = 96 * 1024;
/// Pixels of each side of a face.
pub const FACE: u32 = 128;
/// Of 100: no difference to be seen…
const QUALITY: u8 = 88;
/// …and hardly any, at the size in which it is shown.
const SMALL_QUALITY: u8 = 80;

/// A picture as a file.
#[derive(Debug)]
pub struct Drawn {
    /// Its media type.
    pub kind: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A picture that was read and drawn anew.
#[derive(Debug)]
pub struct Picture {
    /// In its full size.
    pub whole: Drawn,
    /// For the log; none where the whole is small enough.
    pub small: Option<Drawn>,
    /// Pixels, as it is to be seen.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why a picture was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// More pixels than anybody reads here.
    TooLarge,
    /// It begins like a picture and is none, or is damaged.
    Broken,
}

/// Which of the kinds of pictures that are shown this is, by its beginning.
#[must_use]
pub fn format(head: &[u8]) -> Option<ImageFormat> {
    match infer::get(head)?.mime_type() {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Reads a picture and draws it anew. It takes a while: not for a thread that serves.
///
/// # Errors
/// When it is too large, or cannot be read.
pub fn redraw(bytes: &[u8], format: ImageFormat) -> Result<Picture, Trouble> {
    let picture = read(bytes, format)?;
    let (width, height) = (picture.width(), picture.height());
    let opaque = is_opaque(&picture);
    let whole = match format {
        ImageFormat::Gif => {
            let frames = gif::clean(bytes).ok_or(Trouble::Broken)?;
            Drawn { kind: "image/gif", bytes: frames }
        }
        // What lost something already may lose a little more; a screenshot may not.
        ImageFormat::Jpeg | ImageFormat::WebP if opaque => jpeg(&picture, QUALITY)?,
        _ => png(&picture, opaque)?,
    };
    let light = width.max(height) <= SMALL && whole.bytes.len() <= LIGHT;
    let small = if light && format != ImageFormat::Gif {
        None
    } else {
        // One that moves stands still in the log, and moves when it is opened.
        let (width, height) = (width.min(SMALL), height.min(SMALL));
        Some(small(&picture.thumbnail(width, height), opaque)?)
    };
    Ok(Picture { whole, small, width, height })
}

/// A face: the middle of the picture, square.
///
/// # Errors
/// When it is too large, or cannot be read.
pub fn face(bytes: &[u8], format: ImageFormat) -> Result<Drawn, Trouble> {
    let picture = read(bytes, format)?.resize_to_fill(FACE, FACE, FilterType::Triangle);
    let opaque = is_opaque(&picture);
    small(&picture, opaque)
}

fn read(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, Trouble> {
    let reader = || {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE);
        limits.max_image_height = Some(SIDE);
        limits.max_alloc = Some(MEMORY);
        reader.limits(limits);
        reader
    };
    // What it says of itself comes first: a file of a few bytes may claim any size.
    let (width, height) = reader().into_dimensions().map_err(trouble)?;
    if width > SIDE || height > SIDE || u64::from(width) * u64::from(height) > PIXELS {
        return Err(Trouble::TooLarge);
    }
    let draw = || -> ImageResult<DynamicImage> {
        let mut decoder = reader().into_decoder()?;
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(turned);
        Ok(picture)
    };
    let picture = draw().map_err(trouble)?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(Trouble::Broken);
    }
    Ok(picture)
}

fn trouble(error: image::ImageError) -> Trouble {
    match error {
        image::ImageError::Limits(_) => Trouble::TooLarge,
        _ => Trouble::Broken,
    }
}

fn is_opaque(picture: &DynamicImage) -> bool {
    !picture.color().has_alpha() || picture.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX)
}

fn small(picture: &DynamicImage, opaque: bool) -> Result<Drawn, Trouble> {
    if opaque {
        return jpeg(picture, SMALL_QUALITY);
    }
    let mut bytes = Vec::new();
    let picture = DynamicImage::from(picture.to_rgba8());
    picture.write_with_encoder(WebPEncoder::new_lossless(&mut bytes)).map_err(trouble)?;
    Ok(Drawn { kind: "image/webp", bytes })
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Drawn, Trouble> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::from(picture.to_rgb8());
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).map_err(trouble)?;
    Ok(Drawn { kind: "image/jpeg", bytes })
}

fn png(picture: &DynamicImage, opaque: bool) -> Result<Drawn, Trouble> {
    let mut bytes = Vec::new();
    let picture = if opaque {
        DynamicImage::from(picture.to_rgb8())
    } else {
        DynamicImage::from(picture.to_rgba8())
    };
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).map_err(trouble)?;
    Ok(Drawn { kind: "image/png", bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn plain(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8])).into()
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_kind_is_known_by_its_beginning_and_comes_out_as_a_picture() {
        for (format_, kind) in [
            (ImageFormat::Png, "image/png"),
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Gif, "image/gif"),
            (ImageFormat::WebP, "image/jpeg"),
        ] {
            let bytes = written(&plain(900, 300), format_);
            assert_eq!(format(&bytes), Some(format_));
            let picture = redraw(&bytes, format_).unwrap();
            assert_eq!((picture.whole.kind, picture.width, picture.height), (kind, 900, 300));
            let small = picture.small.unwrap();
            let shown = image::load_from_memory(&small.bytes).unwrap();
            assert_eq!((small.kind, shown.width(), shown.height()), ("image/jpeg", 640, 213));
        }
        assert_eq!(format(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), None);
    }

    #[test]
    fn what_can_be_seen_through_stays_so() {
        let clear = DynamicImage::from(RgbaImage::from_pixel(700, 700, Rgba([9, 9, 9, 40])));
        let picture = redraw(&written(&clear, ImageFormat::Png), ImageFormat::Png).unwrap();
        assert_eq!(picture.whole.kind, "image/png");
        assert_eq!(picture.small.map(|small| small.kind), Some("image/webp"));
    }

    /// A JPEG with an EXIF block that says: turn me, I was taken here.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut exif =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"GPS 52.5200 N 13.4050 E");
        let mut bytes = jpeg[..2].to_vec();
        bytes.extend_from_slice(&[0xFF, 0xE1]);
        bytes.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
        bytes.extend_from_slice(&exif);
        bytes.extend_from_slice(&jpeg[2..]);
        bytes
    }

    fn holds(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|window| window == text)
    }

    #[test]
    fn where_it_was_taken_goes_and_how_it_was_held_is_followed() {
        let bytes = with_exif(&written(&plain(60, 30), ImageFormat::Jpeg));
        assert!(holds(&bytes, b"GPS"));
        let picture = redraw(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width, picture.height), (30, 60), "turned by a quarter");
        assert!(!holds(&picture.whole.bytes, b"GPS") && !holds(&picture.whole.bytes, b"Exif"));
        assert!(!holds(&face(&bytes, ImageFormat::Jpeg).unwrap().bytes, b"GPS"));
    }

    #[test]
    fn what_comes_after_the_end_goes() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
            let mut bytes = written(&plain(20, 20), format);
            bytes.extend_from_slice(b"<script>alert(1)</script>");
            let picture = redraw(&bytes, format).unwrap();
            assert!(!holds(&picture.whole.bytes, b"<script>"), "{format:?}");
        }
    }

    /// A PNG of a few bytes that says it has so many pixels.
    fn claiming(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = written(&plain(1, 1), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// As PNG has it (RFC 2083, section 15).
    fn crc(bytes: &[u8]) -> u32 {
        let step = |mut crc: u32, byte: &u8| {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            }
            crc
        };
        !bytes.iter().fold(u32::MAX, step)
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_says_of_itself() {
        for (width, height) in [(30_000, 30_000), (1_000_000, 1_000_000), (40_000_001, 1)] {
            let bomb = redraw(&claiming(width, height), ImageFormat::Png);
            assert_eq!(bomb.unwrap_err(), Trouble::TooLarge);
        }
    }

    #[test]
    fn what_is_no_picture_is_no_picture() {
        for (bytes, format) in [
            (&b"GIF89a=1;alert(document.domain)//"[..], ImageFormat::Gif),
            (b"\x89PNG\r\n\x1a\nnothing", ImageFormat::Png),
            (b"\xFF\xD8\xFF\xE0", ImageFormat::Jpeg),
            (b"RIFF\x04\0\0\0WEBPVP8 ", ImageFormat::WebP),
        ] {
            assert!(redraw(bytes, format).is_err(), "{format:?}");
        }
    }

    #[test]
    fn a_face_is_square_and_small() {
        for (width, height) in [(900, 100), (1, 1), (64, 500)] {
            let bytes = written(&plain(width, height), ImageFormat::Png);
            let face = face(&bytes, ImageFormat::Png).unwrap();
            let shown = image::load_from_memory(&face.bytes).unwrap();
            assert_eq!((shown.width(), shown.height()), (FACE, FACE));
            assert!(face.bytes.len() < 24 * 1024);
        }
    }
}
