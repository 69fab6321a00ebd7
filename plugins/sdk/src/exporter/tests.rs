use super::*;

#[test]
fn a_request_is_plain_until_it_is_told_otherwise() {
    let get = Request::new("GET", "http://h/a");
    assert_eq!((get.method.as_str(), get.url.as_str()), ("GET", "http://h/a"));
    assert!(get.headers.is_empty() && get.body.is_empty() && get.keep.is_empty() && !get.gzip);
    assert_eq!((get.timeout, get.retry, get.max_bytes), (10.0, Retry::Never, 0));
}

#[test]
fn a_body_of_json_has_its_header_behind_those_before() {
    let post = Request::new("POST", "http://h").header("x-a", "1").json(r#"{"b":2}"#);
    let headers: Vec<_> =
        post.headers.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
    assert_eq!(headers, [("x-a", "1"), ("content-type", "application/json")]);
    let [Segment::Bytes(body)] = post.body.as_slice() else { panic!("{:?}", post.body) };
    assert_eq!(body, br#"{"b":2}"#);
}
