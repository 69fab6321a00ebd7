//! Where requests may go: names, addresses, and names that change their addresses.

use super::server::{Answer, Server, ok, redirect, response};
use super::{Client, KEY, get, with_header};

#[test]
fn hosts_that_are_not_granted_are_refused_with_the_flag_to_add() {
    let server = Server::start(vec![]);
    let mut client = Client::new(&["https://granted.example".into()], &[]);
    let fault = client.fault(&get(&server.url("/x")));
    assert!(
        fault.contains(&format!("add --allow museum:http=http://{}", server.address)),
        "{fault}"
    );
    for url in ["ftp://granted.example/", "file:///etc/passwd", "data:,x", "unix:/x"] {
        let fault = client.fault(&get(url));
        assert!(fault.contains("is no URL of HTTP"), "{url}: {fault}");
    }
    assert!(client.fault(&get("nonsense")).contains("URL"));
    assert!(client.fault(&get("https://u:p@granted.example/")).contains("holds credentials"));
    assert_eq!(client.usage.read().refused, 7);
    assert!(server.is_quiet());
}

#[test]
fn metadata_and_link_local_addresses_are_refused_though_granted() {
    let hosts = [
        "http://169.254.169.254",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://100.100.100.200",
        "http://[::ffff:169.254.169.254]",
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://0251.0376.0251.0376",
        "http://metadata.google.internal",
        "http://0.0.0.0",
    ];
    for host in hosts {
        for mut client in [Client::to(host), Client::to("https://granted.example")] {
            let fault = client.fault(&get(host));
            assert!(fault.contains("never reach"), "{host}: {fault}");
            assert!(!fault.contains("--allow"), "no grant would help: {host}: {fault}");
            let server = Server::start(vec![redirect(302, host)]);
            let fault = Client::to(&server.url("")).fault(&get(&server.url("/")));
            assert!(fault.contains("never reach"), "{host}: {fault}");
            assert!(!fault.contains("--allow"), "no grant would help: {host}: {fault}");
        }
    }
}

#[test]
fn a_name_that_is_not_granted_is_not_looked_up() {
    let mut client = Client::to("https://granted.example");
    client.names.set("told.example", &[&["169.254.169.254"]]);
    let fault = client.fault(&get("http://told.example/"));
    assert!(fault.contains("is not granted"), "{fault}");
    assert_eq!(client.names.asked(), 0, "the name itself would carry data out");
}

#[test]
fn a_granted_name_may_lead_to_this_machine_but_never_to_a_metadata_address() {
    let server = Server::start(vec![ok("here"), ok("again")]);
    let url = server.named("granted.example", "/");
    let mut client = Client::to(&url);
    client.names.set("granted.example", &[&["127.0.0.1"]]);
    assert_eq!(client.send(&get(&url)).expect("a response").body, b"here");
    let bad: [&[&str]; 4] = [
        &["169.254.169.254"],
        &["::ffff:169.254.169.254"],
        &["127.0.0.1", "fe80::1"],
        &["0.0.0.0"],
    ];
    for addresses in bad {
        let mut client = Client::to(&url);
        client.names.set("granted.example", &[addresses]);
        let fault = client.fault(&get(&url));
        assert!(fault.contains("granted.example has the address"), "{fault}");
        assert!(!fault.contains("--allow"), "no grant would help: {fault}");
    }
}

#[test]
fn a_name_that_changes_its_address_is_checked_at_each_connection() {
    let closing = || Answer::Close(response(200, &["connection: close"], b"x"));
    let server = Server::start(vec![closing(), closing()]);
    let url = server.named("rebinding.example", "/");
    let mut client = Client::to(&url);
    client.names.set("rebinding.example", &[&["127.0.0.1"], &["169.254.169.254"]]);
    assert_eq!(client.send(&get(&url)).expect("a response").status, 200);
    let fault = client.fault(&get(&url));
    assert!(fault.contains("169.254.169.254, which exporters never reach"), "{fault}");
}

#[test]
fn names_below_a_suffix_do_not_lead_to_private_networks() {
    let server = Server::start(vec![ok("reached")]);
    let grant = server.named("*.granted.example", "");
    let url = server.named("a.granted.example", "/");
    for address in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "fd12::1", "::1", "::ffff:10.0.0.1"] {
        let mut client = Client::new(std::slice::from_ref(&grant), &[]);
        client.names.set("a.granted.example", &[&["8.8.8.8", address]]);
        let fault = client.fault(&get(&url));
        assert!(fault.contains("only a grant that names it leads there"), "{address}: {fault}");
    }
    let mut client = Client::new(&[grant, url.trim_end_matches('/').into()], &[]);
    client.names.set("a.granted.example", &[&["127.0.0.1"]]);
    assert_eq!(client.send(&get(&url)).expect("named as well").body, b"reached");
}

#[test]
fn secrets_go_to_their_hosts_and_stay_out_of_what_is_seen() {
    let (server, other) = (Server::start(vec![ok(KEY), ok("")]), Server::start(vec![]));
    let grants = [server.url(""), other.url("")];
    let mut client = Client::new(&grants, &grants[..1]);
    let bearer = "Bearer {{secret:api-key}}";
    let echoed = client.send(&with_header(get(&server.url("/x")), "authorization", bearer));
    assert_eq!(echoed.expect("a response").body, b"**********");
    assert_eq!(server.next().header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let fault = client.fault(&with_header(get(&other.url("/")), "x-key", bearer));
    assert!(fault.contains("may not go to"), "{fault}");
    assert!(other.is_quiet());
    client
        .send(&get(&server.url("/a?key={{secret:api-key}}&b={{basic:me:api-key}}")))
        .expect("sent");
    assert_eq!(
        server.next().line,
        "GET /a?key=key-0123456789&b=bWU6a2V5LTAxMjM0NTY3ODk%3D HTTP/1.1"
    );
    for url in ["http://{{secret:api-key}}/", "http://x{{secret:api-key}}.example/"] {
        let fault = client.fault(&get(url));
        assert!(fault.contains("is not granted"), "{fault}");
    }
}

#[test]
fn a_placeholder_cannot_move_a_request_to_another_host() {
    let mut client =
        Client::new(&["http://*.granted.example".into()], &["http://*.granted.example".into()]);
    let fault = client.fault(&get("http://{{secret:api-key}}.granted.example/"));
    assert!(fault.contains("placeholder stands in the host"), "{fault}");
    let fault = client.fault(&get("http://a.granted.example:{{secret:api-key}}/"));
    assert!(fault.contains("URL"), "{fault}");
}

#[test]
fn headers_of_the_host_and_injected_ones_are_refused() {
    let server = Server::start(vec![]);
    let mut client = Client::to(&server.url(""));
    for (name, value) in [
        ("host", "evil.example"),
        ("Content-Length", "3"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("x-a", "b\r\nx-c: d"),
        ("x-a", "b\nc"),
        ("x-a\r\nx-b", "c"),
        ("", "x"),
        ("x-a", "\0"),
        ("x-a", "{{secret:other}}"),
        ("x-a", "{{nonsense}}"),
    ] {
        let fault = client.fault(&with_header(get(&server.url("/")), name, value));
        assert!(!fault.contains("no response"), "{name}: {fault}");
    }
    for method in ["CONNECT", "TRACE", "", "G ET", "GET\r\n"] {
        let mut request = get(&server.url("/"));
        request.method = method.into();
        assert!(client.fault(&request).contains("method"), "{method}");
    }
    assert!(server.is_quiet());
}
