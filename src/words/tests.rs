use super::*;
use crate::protocol::Code;

#[test]
fn what_is_said_is_put_in_its_places() {
    assert_eq!(fill("{1} to {0}", &["bob", "hi {0}"]), "hi {0} to bob");
    assert_eq!(fill("{0} message|{0} messages", &["1"]), "1 message");
    assert_eq!(fill("{0} message|{0} messages", &["11"]), "11 messages");
    assert_eq!(fill("{3}{", &["x"]), "");
}

#[test]
fn a_refusal_speaks_the_readers_language_and_programs_english() {
    let refusal = Refusal::login_needed();
    assert_eq!(refusal.message, "Log in first.");
    assert_eq!(Words::of(Lang::En).refusal(&refusal), "Log in first.");
    assert_eq!(Words::of(Lang::Zh).refusal(&refusal), "请先登录。");
    let plain = Refusal::new(Code::Forbidden, "Not today.");
    assert_eq!(Words::of(Lang::Zh).refusal(&plain), "Not today.");
    let json = r#"{"code":"forbidden","message":"Old.","why":{"key":"no_such_key","args":[]}}"#;
    let unknown: Refusal = serde_json::from_str(json).unwrap();
    assert_eq!(Words::of(Lang::Zh).refusal(&unknown), "Old.");
}

/// What is written in Latin letters in every language: names of things and of keys, and what is
/// typed as it stands.
const AS_IT_STANDS: &str = "Roomful UTC NUL MB GIF JPEG PNG WebP iPhone iPad Mac Chromebook Esc Enter Shift Ctrl \
    pm me from in on before after has link file alice bob lobby https example org hook \
    Webhook Slack CA JSON text payload attachments blocks";

#[test]
fn no_text_of_one_language_is_left_in_the_other() {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for key in 0..NAMES.len() {
        let (en, zh) = (TEXTS[Lang::En as usize][key], TEXTS[Lang::Zh as usize][key]);
        assert!(!en.chars().any(han), "{}: {en}", NAMES[key]);
        for word in zh.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
            assert!(AS_IT_STANDS.split(' ').any(|it| it == word), "{}: {word} in {zh}", NAMES[key]);
        }
    }
}
