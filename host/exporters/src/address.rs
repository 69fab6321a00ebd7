//! Which networks an address belongs to: what exporters never reach, and what they reach only at hosts
//! that the user or a grant names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// How close to this machine an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// On the internet.
    Public,
    /// On a private network.
    Private,
    /// On this machine.
    Loopback,
}

/// Names of metadata services: for requests through a proxy, which looks names up itself.
const METADATA_NAMES: [&str; 5] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Addresses of metadata services that are not link-local: Alibaba, Oracle, Azure.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// Whether `name` is that of a metadata service.
pub(crate) fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    METADATA_NAMES.iter().any(|metadata| name.eq_ignore_ascii_case(metadata))
}

/// Why exporters never reach `host`, whatever is granted; none: a grant can lead there. A name is not
/// looked up: whoever chose it might be told by that.
pub(crate) fn never_reached(host: &Host<&str>) -> Option<String> {
    let address: IpAddr = match host {
        Host::Domain(name) => {
            let told = || format!("{name} is a metadata service: exporters never reach it");
            return is_metadata_name(name).then(told);
        }
        Host::Ipv4(address) => (*address).into(),
        Host::Ipv6(address) => (*address).into(),
    };
    let told = || format!("{address} is an address that exporters never reach");
    reach(address).is_none().then(told)
}

/// How close `address` is; none: exporters never reach it.
pub(crate) fn reach(address: IpAddr) -> Option<Reach> {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Option<Reach> {
    let [first, second, third, _] = address.octets();
    if address.is_loopback() {
        return Some(Reach::Loopback);
    }
    if METADATA_V4.contains(&address)
        || address.is_link_local()
        || first == 0
        || address.is_multicast()
        || first >= 240
    {
        return None;
    }
    let shared = first == 100 && second & 0xc0 == 64;
    let benchmarks = first == 198 && second & 0xfe == 18;
    let protocols = (first, second, third) == (192, 0, 0);
    let private = address.is_private() || shared || benchmarks || protocols;
    Some(if private { Reach::Private } else { Reach::Public })
}

fn reach_v6(address: Ipv6Addr) -> Option<Reach> {
    if address.is_loopback() {
        return Some(Reach::Loopback);
    }
    if let Some(embedded) = embedded(address) {
        return reach_v4(embedded);
    }
    let [first, second, ..] = address.segments();
    let link_local = first & 0xffc0 == 0xfe80;
    // fd00:ec2::254 of AWS, fd20:ce::254 of Google, and what lies beside them.
    let metadata = (first, second) == (0xfd00, 0x0ec2) || (first, second) == (0xfd20, 0x00ce);
    let teredo = (first, second) == (0x2001, 0);
    if link_local || metadata || teredo || address.is_multicast() || address.is_unspecified() {
        return None;
    }
    let private = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0;
    Some(if private { Reach::Private } else { Reach::Public })
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, translated (NAT64) or tunnelled
/// (6to4).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low]
            if !address.is_unspecified() =>
        {
            Some(v4(high, low))
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 1, _, _, _, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
