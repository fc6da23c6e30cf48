use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn reads_the_frames_of_the_contract() {
    let text = r##"{"id":1,"t":"sub","rooms":[{"to":"#lobby","after":{"epoch":"e1","seq":41}},{"to":"~"}],"new":1}"##;
    let Incoming::Frame(Some(id), ClientFrame::Sub { rooms }) = read_client(text) else {
        panic!("not read")
    };
    assert_eq!(id, FrameId::from(1));
    assert_eq!(rooms[0].after, Some(After { epoch: "e1".into(), seq: 41 }));
    assert_eq!(rooms[1].to, Target::Own);
    assert_eq!(read_client(r#"{"t":"wave"}"#), Incoming::Unknown(None));
    assert_eq!(read_client(r#"{"t":"wave","id":7}"#), Incoming::Unknown(Some(7.into())));
}

#[test]
fn what_is_no_frame_is_bad_and_keeps_its_number() {
    for text in ["", "{", "[]", "null", "3", r#""t""#, "{}", r#"{"t":1}"#, r#"{"t":"send"}"#] {
        assert!(matches!(read_client(text), Incoming::Bad(None, _)), "{text}");
    }
    assert!(matches!(
        read_client(r##"{"t":"send","id":3,"to":"#a","cid":"c","body":7}"##),
        Incoming::Bad(Some(_), _)
    ));
    assert!(matches!(read_client(r#"{"id":3,"to":"lobby"}"#), Incoming::Bad(Some(_), _)));
}

#[test]
fn a_number_comes_back_as_it_was() {
    for id in ["184467440737095516165262655766300000000", "1.5", "-0.1", "6.02e23", "2.5e-308"] {
        let Incoming::Unknown(Some(read)) = read_client(&format!(r#"{{"t":"x","id":{id}}}"#))
        else {
            panic!("{id} was not read")
        };
        assert_eq!(read.to_string().parse::<f64>(), id.parse(), "{id}");
    }
    for id in ["\"1\"", "[1]", "{}", "true", "1e999"] {
        let text = format!(r#"{{"t":"pong","id":{id}}}"#);
        assert!(matches!(read_client(&text), Incoming::Bad(None, _)), "{id}");
    }
}

#[test]
fn an_event_of_an_unknown_kind_keeps_its_seq() {
    let frame =
        r##"{"t":"event","to":"#lobby","seq":45,"kind":"firework","data":{"x":1},"extra":true}"##;
    let Outgoing::Frame(frame) = read_server(frame) else { panic!("not read") };
    let ServerFrame::Event { event, .. } = *frame else { panic!("not an event") };
    assert_eq!((event.seq, event.reading()), (45, None));
}

#[test]
fn a_message_event_has_the_form_of_the_contract() {
    let data = MessageData {
        id: "1-45".into(),
        author: "alice".into(),
        author_kind: views::AuthorKind::User,
        body: Some("hi".into()),
        at: At(0),
        reply_to: None,
        quote: None,
        files: Vec::new(),
    };
    let event = Event::new(45, Some("c1".into()), &Kind::Message(data.clone()));
    let frame = ServerFrame::Event { to: Target::Room("lobby".into()), event: event.clone() };
    assert_eq!(
        serde_json::to_value(&frame).ok(),
        Some(json!({"t":"event","to":"#lobby","seq":45,"kind":"message","cid":"c1","data":{
            "id":"1-45","author":"alice","author_kind":"user","body":"hi",
            "at":"1970-01-01T00:00:00.000Z","reply_to":null}}))
    );
    assert_eq!(event.reading(), Some(Kind::Message(data)));
}

#[test]
fn changes_have_their_form_and_come_back() {
    let edited = What::Edited { body: Some("ho".into()), at: At(0) };
    let reacted = What::Reacted { emoji: "👍".into(), user: "bob".into(), on: true };
    let forms = [
        (edited, "edit", json!({"message":"1-4","body":"ho","at":"1970-01-01T00:00:00.000Z"})),
        (
            What::Deleted { at: At(0) },
            "delete",
            json!({"message":"1-4","at":"1970-01-01T00:00:00.000Z"}),
        ),
        (reacted, "reaction", json!({"message":"1-4","emoji":"👍","user":"bob","on":true})),
    ];
    for (what, word, data) in forms {
        let kind = Kind::Change(Change { id: "1-4".into(), what });
        let event = Event::new(5, None, &kind);
        assert_eq!(event.kind, word);
        assert_eq!(serde_json::from_str(event.data.get()).ok(), Some(data));
        assert_eq!(event.reading(), Some(kind));
    }
}

proptest! {
    #[test]
    fn no_text_of_a_client_panics(text in "\\PC{0,200}") {
        let _ = read_client(&text);
        let _ = read_server(&text);
    }
}
