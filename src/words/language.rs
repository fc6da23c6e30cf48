//! The languages, and which of them somebody reads.

/// A language that the house speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 简体中文.
    Zh,
}

impl Lang {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its name in the cookie and in `src/words`.
    #[must_use]
    pub fn code(self) -> &'static str {
        ["en", "zh"][self as usize]
    }

    /// What `<html lang>` says (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        ["en", "zh-CN"][self as usize]
    }

    /// Its own name, for whoever looks for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["English", "简体中文"][self as usize]
    }

    /// The inverse of [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// What fits an Accept-Language header best (RFC 9110, 12.5.4): the first of the highest weight
    /// whose language, whatever its region or script, the house speaks. Parts that are not of that
    /// form are passed over.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best = None::<(u16, Self)>;
        for part in header.split(',').take(MOST_RANGES) {
            let (range, weight) = part.split_once(';').unwrap_or((part, ""));
            let Some(weight) = weight_of(weight.trim()).filter(|weight| *weight > 0) else {
                continue;
            };
            let language = range.trim().split('-').next().unwrap_or_default();
            let known =
                Self::ALL.into_iter().find(|lang| language.eq_ignore_ascii_case(lang.code()));
            if let Some(lang) = known
                && best.is_none_or(|(most, _)| weight > most)
            {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }
}

/// No browser sends more languages than this; what follows is not looked at.
const MOST_RANGES: usize = 32;

/// `q=0.8` in thousandths; nothing counts as 1.
fn weight_of(parameter: &str) -> Option<u16> {
    if parameter.is_empty() {
        return Some(1000);
    }
    let (name, value) = parameter.split_once('=')?;
    let value: f32 = name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().ok())??;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_that_the_house_speaks() {
        use Lang::{En, Zh};
        for (header, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Zh)),
            ("ZH-hant-TW", Some(Zh)),
            ("de, zh;q=0.5, en;q=0.7", Some(En)),
            ("fr-CH, fr;q=0.9, *;q=0.5", None),
            ("en;q=0.5,zh;q=0.5", Some(En)),
            ("zh;q=0, en;q=0.1", Some(En)),
            ("zh ; q = 0.3", Some(Zh)),
            ("", None),
            (";;;,,,=,q=1", None),
            ("zh;q=NaN,en;q=inf", None),
            ("zh;q=2,en;q=-1", None),
            ("zhx,enough", None),
            ("zh;v=1", None),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
        let long = "xx,".repeat(100_000) + "zh";
        assert_eq!(Lang::accepted(&long), None);
    }

    #[test]
    fn codes_lead_back() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_code(lang.code()), Some(lang));
            assert_eq!(Lang::accepted(lang.tag()), Some(lang));
        }
    }
}
