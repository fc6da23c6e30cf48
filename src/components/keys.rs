//! When Enter sends. People who write Chinese, Japanese or Korean press it to finish a word.

/// Safari tells of the end of a composition first and of the Enter that ended it after.
const AFTER_COMPOSITION_MS: f64 = 50.0;
/// What `keyCode` is while an input method holds the key.
const IN_COMPOSITION: u32 = 229;

/// One press of a key in the composer.
#[derive(Clone, Copy, Debug)]
pub struct Press {
    /// It is Enter.
    pub enter: bool,
    /// With Shift or Alt.
    pub modified: bool,
    /// With Ctrl or Meta: sends wherever one writes.
    pub command: bool,
    /// The browser says that a composition is going on.
    pub composing: bool,
    /// The old `keyCode`.
    pub key_code: u32,
    /// Milliseconds since the last composition ended, if one did.
    pub since_composition: Option<f64>,
    /// The pointer is a finger: Enter breaks the line, the button sends.
    pub touch: bool,
    /// I chose that Enter breaks the line; with Shift it sends.
    pub breaks: bool,
}

impl Press {
    /// Whether it sends.
    #[must_use]
    pub fn sends(self) -> bool {
        let sends = match self.touch {
            true => self.command && !self.modified,
            false => self.modified == self.breaks || self.command && self.breaks,
        };
        self.enter && sends && !self.is_of_composition()
    }

    /// Whether it belongs to an input method: then it does nothing else.
    #[must_use]
    pub fn is_of_composition(self) -> bool {
        self.composing
            || self.key_code == IN_COMPOSITION
            || self.since_composition.is_some_and(|ms| ms <= AFTER_COMPOSITION_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTER: Press = Press {
        enter: true,
        modified: false,
        command: false,
        composing: false,
        key_code: 13,
        since_composition: None,
        touch: false,
        breaks: false,
    };

    #[test]
    fn enter_sends_and_shift_enter_does_not() {
        assert!(ENTER.sends());
        assert!(!Press { modified: true, ..ENTER }.sends());
        assert!(!Press { enter: false, ..ENTER }.sends());
        assert!(!Press { touch: true, ..ENTER }.sends());
        assert!(Press { touch: true, command: true, ..ENTER }.sends());
        assert!(Press { command: true, ..ENTER }.sends());
    }

    #[test]
    fn it_is_the_other_way_round_for_whoever_chose_so() {
        let swapped = Press { breaks: true, ..ENTER };
        assert!(!swapped.sends());
        assert!(Press { modified: true, ..swapped }.sends());
        assert!(Press { command: true, ..swapped }.sends());
        assert!(!Press { touch: true, ..swapped }.sends());
        assert!(!Press { touch: true, modified: true, ..swapped }.sends());
        assert!(Press { touch: true, command: true, ..swapped }.sends());
        assert!(!Press { modified: true, composing: true, ..swapped }.sends());
    }

    #[test]
    fn enter_in_a_composition_never_sends() {
        assert!(!Press { composing: true, ..ENTER }.sends());
        assert!(!Press { composing: true, command: true, ..ENTER }.sends());
        assert!(!Press { key_code: 229, ..ENTER }.sends());
        assert!(!Press { since_composition: Some(3.0), ..ENTER }.sends());
        assert!(Press { since_composition: Some(400.0), ..ENTER }.sends());
    }
}
