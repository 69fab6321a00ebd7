//! Options as they are typed, and the ratio that a rate becomes.

use super::*;
use loadwright_core::testkit;

fn read(key: &str, value: &str) -> Result<Options, String> {
    Options::read(&BTreeMap::from([(key.to_owned(), value.to_owned())]))
}

#[test]
fn options_are_read_as_they_are_typed() {
    assert_eq!(read("sampling_ratio", "0.25").unwrap().sampling_ratio, Some(0.25));
    assert_eq!(read("mode", "offline").unwrap().mode, Mode::Offline);
    assert!(!read("slow_tail", "false").unwrap().slow_tail);
    assert_eq!(read("interval", "2").unwrap().interval, Some(2.0));
    for (key, value) in [
        ("sampling_ratio", "1.5"),
        ("sampling_rate", "-1"),
        ("interval", "0"),
        ("traces", "maybe"),
        ("protocol", "thrift"),
        ("unknown", "1"),
    ] {
        let error = read(key, value).unwrap_err();
        assert!(error.contains(key), "{key}={value}: {error}");
    }
    let both = [("sampling_ratio", "0.5"), ("sampling_rate", "1")];
    let both = both.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert!(Options::read(&both.into()).unwrap_err().contains("leave one out"));
}

/// A hundred traces a second of 400 requests are a quarter; of 50, all.
#[test]
fn a_rate_becomes_a_ratio_by_the_rate_of_an_open_loop() {
    let options = read("sampling_rate", "100").unwrap();
    assert_eq!(options.ratio(&testkit::open(400.0).load), Ok(Some(0.25)));
    assert_eq!(options.ratio(&testkit::open(50.0).load), Ok(Some(1.0)));
    let refused = options.ratio(&testkit::closed(4).load).unwrap_err();
    assert!(refused.contains("sampling_rate: needs an open loop"), "{refused}");
    assert_eq!(Options::default().ratio(&testkit::closed(4).load), Ok(None));
    let ratio = read("sampling_ratio", "0.5").unwrap();
    assert_eq!(ratio.ratio(&testkit::closed(4).load), Ok(Some(0.5)));
}
