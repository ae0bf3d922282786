//! Photos of elders: what may be one, told by its first bytes.
//!
//! Nothing is decoded here. Whoever shows a photo is a browser; the office only makes sure that it keeps a picture of a
//! size that a till can show, and seals it.

use crate::Error;
use crate::words::{Code, register};

/// A photo is no larger, bytes.
const BYTES: usize = 200 * 1024;
/// Its sides, pixels.
const SIDES: std::ops::RangeInclusive<u32> = 60..=2_000;

/// The kind of picture, if it may be a photo.
///
/// # Errors
/// When it is too large, no JPEG or PNG, or its sides are not those of a photo.
pub(super) fn media_type(bytes: &[u8]) -> Result<&'static str, Error> {
    let refused = |words| Err(Error::refused(Code::Invalid, words));
    if bytes.len() > BYTES {
        return refused(register::PHOTO_SIZE);
    }
    let (kind, sides) = match (png(bytes), jpeg(bytes)) {
        (Some(sides), _) => ("image/png", sides),
        (_, Some(sides)) => ("image/jpeg", sides),
        _ => return refused(register::PHOTO_KIND),
    };
    if SIDES.contains(&sides.0) && SIDES.contains(&sides.1) { Ok(kind) } else { refused(register::PHOTO_SIDES) }
}

/// Width and height of a PNG: they stand in its first chunk.
pub(super) fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let ends = bytes.ends_with(b"IEND\xaeB`\x82");
    let (width, rest) = head.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    ends.then(|| (u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Width and height of a JPEG: they stand in the segment that begins a frame, behind any number of others.
pub(super) fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    bytes.ends_with(b"\xff\xd9").then_some(())?;
    loop {
        let [0xff, marker, high, low, after @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
        if matches!(marker, 0xc0..=0xc2) {
            let [_, h1, h0, w1, w0, ..] = after else { return None };
            return Some((u32::from(u16::from_be_bytes([*w1, *w0])), u32::from(u16::from_be_bytes([*h1, *h0]))));
        }
        rest = after.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend(b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01 and so on \xff\xd9");
        bytes
    }

    fn drawing(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x02\0\0\0 and so on IEND\xaeB`\x82");
        bytes
    }

    #[test]
    fn photos_are_known_by_what_they_are() {
        assert_eq!(media_type(&picture(480, 640)).unwrap(), "image/jpeg");
        assert_eq!(media_type(&drawing(480, 640)).unwrap(), "image/png");
        for bad in
            [picture(5, 640), picture(480, 9000), drawing(0, 0), b"GIF89a".to_vec(), Vec::new(), vec![0xff; 300_000]]
        {
            assert!(media_type(&bad).is_err());
        }
        let mut cut = picture(480, 640);
        cut.pop();
        assert!(media_type(&cut).is_err(), "the end is missing");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), png in any::<bool>()) {
            let head: &[u8] = if png { b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" } else { b"\xff\xd8" };
            let _ = media_type(&[head, &bytes, b"\xff\xd9"].concat());
        }
    }
}
