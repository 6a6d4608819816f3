//! By which name the server may be called, and from which page.
//!
//! A page elsewhere can make a browser send requests here, and a name elsewhere can be made to point
//! here. So a request counts only if it calls us by an address of ours, and if one that changes
//! something comes from a page of ours.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The names of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doors(SocketAddr);

impl Doors {
    pub(crate) const fn new(listen: SocketAddr) -> Self {
        Self(listen)
    }

    /// Where a browser on this machine reaches the server.
    pub(crate) fn reached_at(self) -> SocketAddr {
        let here: IpAddr = match self.0 {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let ip = if self.0.ip().is_unspecified() { here } else { self.0.ip() };
        SocketAddr::new(ip, self.0.port())
    }

    /// The name under which a seat's cookie is kept. Cookies do not know of ports, and two drills
    /// on one machine are two drills.
    pub(crate) fn cookie(self, seat: &str) -> String {
        format!("medtwin-{seat}-{}", self.0.port())
    }

    /// Whether `host` (of the `Host` header) is this server.
    pub(crate) fn is_us(self, host: &str) -> bool {
        let name = without_port(host);
        if name == "localhost" {
            return true;
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok_and(|ip| {
            // An address cannot be rebound; a server for every address answers to any of them.
            ip.is_loopback() || ip == self.0.ip() || self.0.ip().is_unspecified()
        })
    }

    /// Whether `origin` is a page that this server, called `host`, served.
    pub(crate) fn is_own(self, origin: &str, host: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|from| from == host)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(listen: &str) -> Doors {
        Doors::new(listen.parse().expect("an address"))
    }

    #[test]
    fn only_our_own_addresses_are_us() {
        let doors = at("127.0.0.1:8080");
        for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "127.0.0.1"] {
            assert!(doors.is_us(host), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "10.0.0.1:8080", "", "127.0.0.1.nip.io"] {
            assert!(!doors.is_us(host), "{host}");
        }
    }

    #[test]
    fn a_server_for_every_address_answers_to_addresses_not_to_names() {
        let doors = at("0.0.0.0:8080");
        assert!(doors.is_us("192.0.2.7:8080"));
        assert!(!doors.is_us("rebound.example:8080"));
        assert_eq!(doors.reached_at().to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn a_page_of_another_server_is_not_ours() {
        let doors = at("127.0.0.1:8080");
        assert!(doors.is_own("http://127.0.0.1:8080", "127.0.0.1:8080"));
        for origin in ["http://127.0.0.1:9090", "http://localhost:8080", "null", "https://x"] {
            assert!(!doors.is_own(origin, "127.0.0.1:8080"), "{origin}");
        }
    }
}
