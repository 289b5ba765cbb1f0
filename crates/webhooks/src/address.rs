//! Which addresses a connection to a stranger's program may lead to: those of the public internet alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are no public hosts (IANA IPv4 Special-Purpose Address Registry; multicast RFC 5771), as the
/// first address and the length of the prefix.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Carrier-grade NAT.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, with the metadata servers of most clouds.
    ([169, 254, 0, 0], 16),
    // The metadata and health server of Azure.
    ([168, 63, 129, 16], 32),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    // Relays of 6to4.
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast.
    ([224, 0, 0, 0], 4),
    // Reserved, and broadcast.
    ([240, 0, 0, 0], 4),
];

/// Blocks within the global unicast addresses of IPv6 that are no public hosts, as segments and length.
const SPECIAL_V6: [([u16; 3], u32); 4] = [
    // IETF protocol assignments, with Teredo and ORCHID.
    ([0x2001, 0, 0], 23),
    ([0x2001, 0xdb8, 0], 32),
    // 6to4, which holds an IPv4 address.
    ([0x2002, 0, 0], 16),
    ([0x3fff, 0, 0], 20),
];

/// Whether an address is that of a host of the public internet.
///
/// Of IPv6 only global unicast (`2000::/3`) can be: that leaves out `::1`, `::`, unique local, link-local, multicast,
/// and every form that holds an IPv4 address (mapped, compatible, NAT64).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(block, length)| {
        let shift = 32 - length;
        u32::from(address) >> shift == u32::from(Ipv4Addr::from(*block)) >> shift
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    address.segments()[0] >> 13 == 0b001
        && !SPECIAL_V6.iter().any(|([first, second, third], length)| {
            let shift = 128 - length;
            let block = Ipv6Addr::new(*first, *second, *third, 0, 0, 0, 0, 0);
            u128::from(address) >> shift == u128::from(block) >> shift
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_public_internet_are_public() {
        for text in
            ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }
}
