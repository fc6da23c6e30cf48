//! The address a request comes from, seen through the proxies that are trusted.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

/// The client's address: the peer's, or, where the peer is a trusted proxy, the last address in
/// `X-Forwarded-For` that is not one.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut nearest = peer;
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
    for hop in hops.iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    nearest
}

/// What is counted as one visitor: an address, and of IPv6 the network of a home (/64), which has
/// more addresses than anyone could count.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) >> 64 << 64).into()),
        four => four,
    }
}

/// Reads `ROOMFUL_TRUSTED_PROXIES`' parts: an address or a network.
///
/// # Errors
/// A sentence for the setting.
pub fn read_net(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
        "must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, parted by commas".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &'static str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted: Vec<_> = trusted.iter().map(|net| read_net(net).unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("192.0.2.1", "203.0.113.9", &[]), "192.0.2.1");
        assert_eq!(seen("127.0.0.1", "203.0.113.9", &["127.0.0.1"]), "203.0.113.9");
        assert_eq!(
            seen("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", &["127.0.0.1", "10.0.0.0/8"]),
            "203.0.113.9"
        );
        assert_eq!(seen("127.0.0.1", "nonsense", &["127.0.0.1"]), "127.0.0.1");
        assert_eq!(seen("::ffff:127.0.0.1", "203.0.113.9", &["127.0.0.1"]), "203.0.113.9");
    }
}
