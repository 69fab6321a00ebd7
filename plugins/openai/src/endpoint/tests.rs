use super::*;

#[test]
fn the_path_decides_the_style() {
    for (url, style) in [
        ("http://h:1/v1/chat/completions", Style::Chat),
        ("http://h:1/v1/chat/completions/?a=/completions", Style::Chat),
        ("http://h:1/v1/completions", Style::Completions),
        ("http://h:1/v1/completions?x=1#y", Style::Completions),
        ("http://h:1/v1/embeddings/", Style::Embeddings),
        ("http://h:1/v1/rerank?x=1", Style::Rerank),
        ("http://h:1/compatible-api/v1/reranks", Style::Rerank),
        ("http://h:1/generate", Style::Chat),
        ("http://completions", Style::Chat),
    ] {
        assert_eq!(Endpoint::of(url).style, style, "{url}");
    }
}

#[test]
fn token_ids_go_to_the_endpoint_that_takes_them() {
    let path = |url| Endpoint::of(url).tokens_path();
    assert_eq!(path("http://h/v1/chat/completions?k=v"), Ok(Some("/v1/completions".into())));
    for url in ["http://h/v1/completions", "http://h/v1/embeddings"] {
        assert_eq!(path(url), Ok(None));
    }
    for url in ["http://h/generate", "http://h/v1/rerank"] {
        assert!(matches!(path(url), Err(Fault::Unsupported(_))));
    }
}
