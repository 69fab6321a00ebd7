//! Secrets in texts that are stored or shown: what stands for them, and where URLs hold them.

/// Stands for a secret wherever settings are stored or shown.
pub const MASK: &str = "**********";

/// Names of query members whose values are never stored or shown.
const SECRET: [&str; 12] = [
    "key",
    "api_key",
    "api-key",
    "apikey",
    "token",
    "access_token",
    "auth",
    "sig",
    "signature",
    "secret",
    "client_secret",
    "password",
];

/// `url` with the password of its user, and secret members of its query, masked. A text that is no
/// URL is treated as one, since it may nearly be.
pub fn masked_url(url: &str) -> String {
    let (rest, fragment) = split_before(url, '#');
    let (path, query) = split_before(rest, '?');
    let mut masked = masked_user(path);
    if let Some(query) = query.strip_prefix('?') {
        let members: Vec<String> = query.split('&').map(masked_member).collect();
        masked.push('?');
        masked += &members.join("&");
    }
    masked + fragment
}

/// The text before the first `mark`, and the rest from there on.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

fn masked_user(path: &str) -> String {
    let start = path.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = path.split_at(start);
    let (host, path) = split_before(rest, '/');
    let named =
        host.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host)));
    match named {
        Some((user, host)) => format!("{scheme}{user}:{MASK}@{host}{path}"),
        None => format!("{scheme}{host}{path}"),
    }
}

fn masked_member(member: &str) -> String {
    match member.split_once('=') {
        Some((name, _)) if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
            format!("{name}={MASK}")
        }
        _ => member.into(),
    }
}

/// Serialises a URL as [`masked_url`] shows it.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize_url<S: serde::Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&masked_url(url))
}

#[cfg(test)]
mod tests {
    use super::masked_url;

    #[test]
    fn secrets_of_a_url_are_masked_and_nothing_else() {
        let cases = [
            ("http://h:1/v1", "http://h:1/v1"),
            ("http://h/a@b:c?d=e", "http://h/a@b:c?d=e"),
            ("http://me@h/v1", "http://me@h/v1"),
            ("http://me:p@ss@h:1/v1", "http://me:**********@h:1/v1"),
            ("me:pass@h/v1", "me:**********@h/v1"),
            ("http://h/v1?a=1&KEY=s&n=2", "http://h/v1?a=1&KEY=**********&n=2"),
            ("http://h?Api_Key=s#key=t", "http://h?Api_Key=**********#key=t"),
            ("http://h?keys=1&monkey=2&token", "http://h?keys=1&monkey=2&token"),
            ("http://h?sig=a=b", "http://h?sig=**********"),
        ];
        for (url, wanted) in cases {
            assert_eq!(masked_url(url), wanted);
            assert_eq!(masked_url(wanted), wanted, "a plan that is read again is shown alike");
        }
    }
}
