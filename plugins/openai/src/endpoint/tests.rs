use super::*;

#[test]
fn the_path_decides_the_style() {
    for (url, style) in [
        ("http://h:1/v1/chat/completions", Style::Chat),
        ("http://h:1/v1/chat/completions/?a=/completions", Style::Chat),
        ("http://h:1/v1/completions", Style::Completions),
        ("http://h:1/v1/completions?x=1#y", Style::Completions),
        ("http://h:1/generate", Style::Chat),
        ("http://completions", Style::Chat),
    ] {
        assert_eq!(Endpoint::of(url).style, style, "{url}");
    }
}

#[test]
fn token_ids_go_to_the_completions_endpoint_beside_the_chat_one() {
    let path = |url| Endpoint::of(url).completions_path();
    assert_eq!(path("http://h/v1/chat/completions?k=v"), Ok(Some("/v1/completions".into())));
    assert_eq!(path("http://h/v1/completions"), Ok(None));
    assert!(matches!(path("http://h/generate"), Err(Fault::Unsupported(_))));
}
