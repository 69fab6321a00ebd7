use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn headers_are_returned_as_they_were_added_with_names_in_lower_case(
        added in prop::collection::vec(("[A-Za-z-]{1,8}", "[a-zé东 ]{0,8}"), 0..8),
    ) {
        let mut headers = Headers::new();
        for (name, value) in &added {
            headers.push(name, value);
        }
        let expected: Vec<_> =
            added.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let returned: Vec<_> =
            headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(returned, expected);
    }
}
