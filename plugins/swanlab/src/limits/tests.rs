//! Against SwanLab's own rules: a project `^[0-9a-zA-Z_\-+.]{1,100}$`, a workspace
//! `^[0-9a-zA-Z\-_]{1,25}$`, a key of 1 to 512 characters.

use super::{NAME, cut, key, length, project, workspace};

#[test]
fn names_that_swanlab_takes() {
    for good in ["perf_benchmark", "a", "A-b_c+d.9", &"x".repeat(100)] {
        assert_eq!(project(good), Ok(()));
    }
    for good in ["team-1", &"x".repeat(25)] {
        assert_eq!(workspace(good), Ok(()));
    }
}

#[test]
fn names_that_it_refuses_say_why() {
    assert_eq!(project(""), Err("is empty".into()));
    let long = project(&"x".repeat(101));
    assert_eq!(long, Err("has 101 characters; SwanLab takes 100".into()));
    let wrong = project("a b");
    assert_eq!(wrong, Err("has ' '; SwanLab takes letters, digits and _-+. there".into()));
    assert!(project("../x").is_err(), "a path is not a name");
    assert!(project("性能").is_err());
    assert!(workspace("a.b").is_err());
    assert!(workspace(&"x".repeat(26)).is_err());
    assert_eq!(length("äöü", 2), Err("has 3 characters; SwanLab takes 2".into()));
}

#[test]
fn keys_fit_whatever_a_metric_is_called() {
    assert_eq!(key("ttft_p99"), "ttft_p99");
    assert_eq!(key("Req Throughput (req/s)"), "Req Throughput (req/s)");
    assert_eq!(key("/a\nb./"), "a b");
    assert_eq!(key("..."), "_");
    assert_eq!(key(&format!("{}/.x", "é".repeat(NAME - 2))), "é".repeat(NAME - 2));
    assert_eq!(key(&"é".repeat(600)).chars().count(), NAME);
    assert_eq!(cut("äöü", 2), "äö");
}
