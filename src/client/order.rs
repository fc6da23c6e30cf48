//! Putting short lists in order. The standard library's way is made for long ones, and in the browser's
//! program it is as large as the log's rows, anew for each type.

use std::cmp::Ordering;

/// Puts a list in order; what is equal stays as it was.
pub fn order<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    #[cfg(not(feature = "hydrate"))]
    list.sort_by(compare);
    #[cfg(feature = "hydrate")]
    one_by_one(list, compare);
}

/// Each is moved down to where it belongs.
#[cfg(any(test, feature = "hydrate"))]
fn one_by_one<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    for mut at in 1..list.len() {
        while at > 0 && compare(&list[at], &list[at - 1]).is_lt() {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_what_the_standard_library_makes(list: Vec<(u8, u8)>) {
            let (mut ours, mut theirs) = (list.clone(), list);
            one_by_one(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|it| it.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
