//! When something reaches the state machines, and with which dice: they read no clock and roll
//! nothing themselves, so that a test can play any moment.

use crate::protocol::At;

/// The moment of one input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Milliseconds on a clock that never goes back; its zero means nothing.
    pub ms: u64,
    /// The same by the wall clock, for what people read.
    pub at: At,
    /// Fresh random bytes.
    pub dice: [u8; 16],
}

impl Moment {
    /// A time between nothing and `most_ms`, every one as likely.
    #[must_use]
    pub fn jitter(&self, most_ms: u64) -> u64 {
        let [a, b, c, d, ..] = self.dice;
        (u64::from(u32::from_le_bytes([a, b, c, d])) * (most_ms + 1)) >> 32
    }

    /// A version 4 UUID (RFC 9562). Made here because the browser's own maker exists only on
    /// https and localhost, and a house may be reached by plain http in its own network.
    #[must_use]
    pub fn uuid(&self) -> String {
        let mut bytes = self.dice;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for half in [byte >> 4, byte & 0x0f] {
                text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let none = Moment::default().uuid();
        assert_eq!(none, "00000000-0000-4000-8000-000000000000");
        let all = Moment { dice: [0xff; 16], ..Moment::default() }.uuid();
        assert_eq!(all, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn jitter_reaches_both_ends() {
        let most = Moment { dice: [0xff; 16], ..Moment::default() };
        assert_eq!(Moment::default().jitter(500), 0);
        assert_eq!(most.jitter(500), 500);
        assert_eq!(most.jitter(0), 0);
    }
}
