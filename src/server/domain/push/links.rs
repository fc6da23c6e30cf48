//! Where a push may lead.

use crate::protocol::{Refusal, limits};

/// A push leads to a page of this house, or over https to one of another.
///
/// # Errors
/// `invalid` for anything else, `too_long`.
pub(super) fn check(link: &str) -> Result<(), Refusal> {
    let count = link.chars().count();
    if count > limits::LINK {
        let why = format!("A link has at most {} characters; this one has {count}.", limits::LINK);
        return Err(Refusal::too_long("link", why));
    }
    let scheme = "https://";
    let begins = link.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let fine = if begins {
        let rest = &link[scheme.len()..];
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        // What stands before an @ looks like a host and is none.
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !host.contains('@')
    } else {
        // Two slashes begin another house's address.
        link.starts_with('/') && !link.starts_with("//")
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if !fine || link.contains(odd) {
        let why = "A link is a path of this house, such as /chat/lobby/, or begins with https://.";
        return Err(Refusal::invalid("link", why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Code;

    #[test]
    fn a_link_leads_to_a_page_of_ours_or_over_https() {
        for fine in [
            "/",
            "/chat/lobby/?at=1-2#x",
            "/聊天/",
            "https://a.example",
            "HTTPS://a.example/b?c#d",
            "https://[::1]/",
            "https://münchen.example/ä",
        ] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for wrong in [
            "",
            "chat",
            "//evil.example",
            "/\\evil.example",
            "/a b",
            "/a\nb",
            "http://a.example",
            "https://",
            "https:///a",
            "https://ours.example@evil.example/",
            "javascript:alert(1)",
            "https://-",
            "https://a.example\\@b",
        ] {
            assert_eq!(check(wrong).map_err(|it| it.code), Err(Code::Invalid), "{wrong}");
        }
        let long = format!("/{}", "a".repeat(limits::LINK));
        assert_eq!(check(&long).map_err(|it| it.code), Err(Code::TooLong));
    }
}
