//! Addresses in every spelling.

use super::{Reach, is_metadata_name, reach};

fn of(text: &str) -> Option<Reach> {
    reach(text.parse().expect("an address"))
}

#[test]
fn metadata_and_link_local_addresses_are_never_reached() {
    let never = [
        "169.254.169.254",
        "169.254.0.1",
        "169.254.170.2",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "fe80::1",
        "febf::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::",
        "ff02::1",
        "2001:0:1::1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "::ffff:100.100.100.200",
    ];
    for address in never {
        assert_eq!(of(address), None, "{address}");
    }
}

#[test]
fn private_and_loopback_addresses_are_told_apart() {
    let private = [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.0.8",
        "fc00::1",
        "fd12::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:0a00:0001::",
    ];
    for address in private {
        assert_eq!(of(address), Some(Reach::Private), "{address}");
    }
    for address in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"] {
        assert_eq!(of(address), Some(Reach::Loopback), "{address}");
    }
    let public = [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "169.253.1.1",
        "198.20.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
    ];
    for address in public {
        assert_eq!(of(address), Some(Reach::Public), "{address}");
    }
    assert!(Reach::Public < Reach::Private && Reach::Private < Reach::Loopback);
}

#[test]
fn metadata_services_are_known_by_name() {
    assert!(is_metadata_name("metadata.google.internal"));
    assert!(is_metadata_name("METADATA.google.internal."));
    assert!(!is_metadata_name("metadata.example.org"));
}
