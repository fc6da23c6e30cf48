//! Which addresses belong to everybody: what is behind the others (this machine, its network, a
//! cloud's own services) is nobody's to reach by way of this server.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Of IPv4, all but these: IANA's registry of special addresses.
const NOT_PUBLIC_4: [(Ipv4Addr, u8); 17] = [
    // This network, private ones (RFC 1918), those behind a carrier's translation, loopback.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, where clouds tell a machine its keys.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Relays of 6to4, given up.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Benchmarks, documentation.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
    // Not special to IANA, but Azure's machines are told their keys there.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// Of IPv6, this alone has been given out to the public…
const PUBLIC_6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// …but for these.
const NOT_PUBLIC_6: [(Ipv6Addr, u8); 5] = [
    // For protocols: Teredo, ORCHID, benchmarks and the like.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which hides an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // The first test net, given back, and the second one for documentation.
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The IPv4 internet behind a translator (NAT64, RFC 6052): as public as the address within.
const TRANSLATED: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether this address is anybody's to reach.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_4(four),
        IpAddr::V6(six) => match within(six) {
            Some(four) => is_public_4(four),
            None => is_in_6(six, PUBLIC_6) && !NOT_PUBLIC_6.iter().any(|net| is_in_6(six, *net)),
        },
    }
}

fn is_public_4(four: Ipv4Addr) -> bool {
    let is_in = |net: &(Ipv4Addr, u8)| Ipv4Net::new_assert(net.0, net.1).contains(&four);
    !NOT_PUBLIC_4.iter().any(is_in)
}

fn is_in_6(six: Ipv6Addr, net: (Ipv6Addr, u8)) -> bool {
    Ipv6Net::new_assert(net.0, net.1).contains(&six)
}

/// The IPv4 address that a connection to this one ends at.
fn within(six: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = six.octets();
    let translated = is_in_6(six, TRANSLATED).then(|| Ipv4Addr::new(a, b, c, d));
    six.to_ipv4_mapped().or(translated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_public_and_what_is_not() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:80b::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:ffff::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3ffe::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    proptest! {
        #[test]
        fn an_address_in_another_s_clothes_is_judged_by_itself(bits in any::<u32>()) {
            let four = Ipv4Addr::from(bits);
            let public = is_public(four.into());
            prop_assert_eq!(is_public(four.to_ipv6_mapped().into()), public);
            let [a, b, c, d] = four.octets().map(u16::from);
            let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a << 8 | b, c << 8 | d);
            prop_assert_eq!(is_public(translated.into()), public);
            // Forms by which nobody is reached any more are refused, whatever is in them.
            let six_to_four = Ipv6Addr::new(0x2002, a << 8 | b, c << 8 | d, 0, 0, 0, 0, 1);
            prop_assert!(!is_public(six_to_four.into()));
            let compatible = Ipv6Addr::new(0, 0, 0, 0, 0, 0, a << 8 | b, c << 8 | d);
            prop_assert!(!is_public(compatible.into()));
        }

        #[test]
        fn nothing_that_the_standard_library_calls_local_is_public(bits in any::<u32>(), six in any::<u128>()) {
            let four = Ipv4Addr::from(bits);
            let local = four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast()
                || four.is_broadcast() || four.is_documentation() || four.is_unspecified();
            prop_assert!(!(local && is_public(four.into())));
            let six = Ipv6Addr::from(six);
            let local = six.is_loopback() || six.is_unspecified() || six.is_multicast()
                || six.is_unique_local() || six.is_unicast_link_local();
            prop_assert!(!(local && is_public(six.into())));
        }
    }
}
