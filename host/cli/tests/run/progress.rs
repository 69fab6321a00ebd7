//! What is said while a point runs, where there are no bars.

use super::wait_for_line;
use super::{PATIENCE, Place, code, paced, server, signal, start};
use loadwright_sim::{Config, Fault, Model, Script, Server};

#[test]
fn the_last_failure_and_the_time_left_for_the_sweep_are_said() {
    let place = Place::new();
    let body = Some("no \u{1b}[31mmodel\nhere".into());
    let script = Script::always([Fault::Status { code: 500, retry_after: None, body }]);
    let config = Config { model: Model::Unpaced, script, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let line = "--open-loop --rate 5 5 --duration 3600 --no-test-connection --sleep-interval 0";
    let mut child = start(place.against(&server, line));
    wait_for_line(
        &mut child,
        "of the sweep left; last failure: http_500: no \\u{1b}[31mmodel here",
    );
    signal(&child, "INT");
    assert_eq!(code(&child.wait_with_output().expect("it ends")), 130);
}

#[test]
fn a_point_that_drains_says_so() {
    let place = Place::new();
    let server = server(paced(600_000, 0));
    let mut child = start(place.against(&server, "--parallel 3 -n 9 --no-test-connection"));
    server.wait_for_requests(3, PATIENCE).expect("requests arrive");
    signal(&child, "INT");
    wait_for_line(&mut child, ": draining: 3 in flight; 0 done, 0 failed");
    signal(&child, "INT");
    assert_eq!(code(&child.wait_with_output().expect("it ends")), 130);
}
