//! Where a request comes from: the other end of its connection, or, where that is a proxy of one's own, whom the proxy
//! says it speaks for.
//!
//! Anybody can send a header. So it is looked at only when the connection comes from a network that was named, and it is
//! read from its right end, where the nearest proxy wrote: an address that is no proxy's is the one that this proxy saw
//! with its own eyes, and whatever stands to the left of it was brought along by whoever asks.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::words;

/// Addresses that share their first bits: `10.0.0.0/8`, `fd00::/8`, or one address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address lies in it. An IPv4 address that comes as IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(other)) => {
                (first.to_bits() ^ other.to_bits()).checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(other)) => {
                (first.to_bits() ^ other.to_bits()).checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || words::not_a_network(text);
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| unreadable())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            // `+8` and `008` are numbers to Rust and to nobody else.
            Some(bits)
                if bits.bytes().all(|byte| byte.is_ascii_digit()) && !(bits.len() > 1 && bits.starts_with('0')) =>
            {
                bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(unreadable)?
            }
            Some(_) => return Err(unreadable()),
            None => most,
        };
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// The networks of one's own proxies; none unless they are named.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<Network>);

impl From<Vec<Network>> for Proxies {
    fn from(networks: Vec<Network>) -> Self {
        Self(networks)
    }
}

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Who asks, of a request that came from `peer`.
    ///
    /// A proxy may add to one of the headers and pass the other on as it was sent. Which one is its own cannot be seen,
    /// so when both are there and say different things neither is believed.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let forwarded = listed(headers, header::FORWARDED.as_str(), quoted, forwarded_for);
        let x_forwarded =
            listed(headers, "x-forwarded-for", |line| Some(line.split(',').collect()), |text| address_of(text.trim()));
        match (forwarded, x_forwarded) {
            (None, None) => peer,
            (Some(one), None) | (None, Some(one)) => self.nearest(peer, &one),
            (Some(one), Some(other)) => {
                let (one, other) = (self.nearest(peer, &one), self.nearest(peer, &other));
                if one == other { one } else { peer }
            }
        }
    }

    /// The address farthest to the right that is no proxy's. Where the list ends, or says no address, it is the last
    /// proxy that was known.
    fn nearest(&self, peer: IpAddr, told: &[Option<IpAddr>]) -> IpAddr {
        let mut last = peer;
        for address in told.iter().rev() {
            let Some(address) = address else { return last };
            last = *address;
            if !self.trusts(last) {
                return last;
            }
        }
        last
    }
}

/// The elements of a header that is a list, over all its lines; nothing when it is not there. An element that says no
/// address is nothing.
fn listed(
    headers: &HeaderMap,
    name: &str,
    elements: fn(&str) -> Option<Vec<&str>>,
    read: fn(&str) -> Option<IpAddr>,
) -> Option<Vec<Option<IpAddr>>> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let mut all = Vec::new();
    for line in lines {
        match line.to_str().ok().and_then(elements) {
            Some(parts) => all.extend(parts.into_iter().map(read)),
            None => all.push(None),
        }
    }
    Some(all)
}

/// Between commas that stand in no quotes.
fn quoted(line: &str) -> Option<Vec<&str>> {
    split(line, ',')
}

/// The parts between separators that stand in no quotes. Behind a quote that stays open nobody can tell who wrote what:
/// nothing.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (!quoted).then_some(parts)
}

/// The address of an element of `Forwarded` (RFC 7239): `for=192.0.2.60;proto=http`, `For="[2001:db8::1]:4711"`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = split(element, ';')?.into_iter().filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    let plain = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    address_of(plain)
}

/// An address, with or without its port and brackets.
fn address_of(text: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (inside, port) = rest.split_once(']')?;
        if !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return None;
        }
        IpAddr::V6(inside.parse().ok()?)
    } else if let Some((address, _)) = text.split_once(':').filter(|(_, port)| is_port(port)) {
        // With one colon it is an IPv4 address and its port.
        IpAddr::V4(address.parse().ok()?)
    } else {
        text.parse().ok()?
    };
    Some(address.to_canonical())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where a request comes from, if it came over a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let proxies = parts.extensions.get::<Arc<Proxies>>();
        Ok(Self(peer.map(|peer| proxies.map_or(peer, |proxies| proxies.caller(peer, &parts.headers)))))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ours() -> Proxies {
        Proxies::from(["10.0.0.0/8", "127.0.0.1", "fd00::/8"].map(|text| text.parse().unwrap()).to_vec())
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, text) in lines {
            map.append(*name, text.parse().unwrap());
        }
        map
    }

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    #[test]
    fn networks_are_read_and_nothing_else() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.9.9.9", "9.255.255.255"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "::2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(ip(inside)) && !network.contains(ip(outside)), "{network}");
            assert_eq!(network.to_string().parse(), Ok(network));
        }
        assert!("10.0.0.0/8".parse::<Network>().unwrap().contains(ip("::ffff:10.0.0.1")), "IPv4 as IPv6");
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0/8",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "proxy",
            "10.0.0.0/8/8",
            "[::1]",
            "10.0.0.1:80",
            " 10.0.0.1",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_of_ones_own_is_believed_from_the_right() {
        let (ours, proxy) = (ours(), ip("127.0.0.1"));
        for (lines, who) in [
            (vec![], "127.0.0.1"),
            (vec![(X, "203.0.113.9")], "203.0.113.9"),
            (vec![(X, "198.51.100.1, 203.0.113.9")], "203.0.113.9"),
            (vec![(X, "198.51.100.1,203.0.113.9 , 10.0.0.2")], "203.0.113.9"),
            (vec![(X, "198.51.100.1"), (X, "203.0.113.9:4711"), (X, "10.0.0.2")], "203.0.113.9"),
            (vec![(X, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            (vec![(X, "203.0.113.9, unknown, 10.0.0.2")], "10.0.0.2"),
            (vec![(X, "203.0.113.9, ")], "127.0.0.1"),
            (vec![(X, "[2001:db8::7]:443")], "2001:db8::7"),
            (vec![(X, "2001:db8::7")], "2001:db8::7"),
            (vec![(F, "for=203.0.113.9;proto=https;by=10.0.0.2")], "203.0.113.9"),
            // What the proxy added stands within a quote that was brought along.
            (vec![(F, "for=198.51.100.1;x=\", for=203.0.113.9")], "127.0.0.1"),
            (vec![(F, "For=\"[2001:db8::7]:4711\"")], "2001:db8::7"),
            (vec![(F, "for=198.51.100.1, for=203.0.113.9, FOR=10.0.0.2")], "203.0.113.9"),
            (vec![(F, "for=198.51.100.1, for=\"_hidden, for=203.0.113.9\"")], "127.0.0.1"),
            (vec![(F, "proto=https")], "127.0.0.1"),
            (vec![(F, "for=203.0.113.9"), (X, "203.0.113.9")], "203.0.113.9"),
            (vec![(F, "for=198.51.100.1"), (X, "203.0.113.9")], "127.0.0.1"),
            (vec![(X, "::ffff:203.0.113.9")], "203.0.113.9"),
        ] {
            assert_eq!(ours.caller(proxy, &headers(&lines)), ip(who), "{lines:?}");
        }
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        let four = any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        let six = any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical());
        prop_oneof![four, six]
    }

    /// As proxies write an address: in both headers, with and without a port.
    fn written(address: IpAddr, port: Option<u16>) -> (String, String) {
        let plain = match (address, port) {
            (IpAddr::V4(v4), Some(port)) => format!("{v4}:{port}"),
            (IpAddr::V6(v6), Some(port)) => format!("[{v6}]:{port}"),
            (IpAddr::V6(v6), None) => format!("[{v6}]"),
            (v4, None) => v4.to_string(),
        };
        let quoted = format!("for=\"{plain}\";proto=https");
        (plain, quoted)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_stranger_is_whoever_he_is_whatever_he_says(peer in address(), text in "[ -~]{0,60}") {
            let ours = ours();
            prop_assume!(!ours.trusts(peer));
            prop_assert_eq!(ours.caller(peer, &headers(&[(X, &text)])), peer);
            prop_assert_eq!(ours.caller(peer, &headers(&[(F, &text)])), peer);
            prop_assert_eq!(Proxies::default().caller(ip("127.0.0.1"), &headers(&[(X, &text)])), ip("127.0.0.1"));
        }

        #[test]
        fn what_was_brought_along_never_changes_what_the_proxy_saw(
            who in address(),
            port in any::<Option<u16>>(),
            brought in "[ -~]{0,60}",
            hops in proptest::collection::vec(any::<u16>(), 0..4),
        ) {
            let (ours, proxy) = (ours(), ip("10.0.0.1"));
            prop_assume!(!ours.trusts(who));
            let (plain, quoted) = written(who, port);
            let mut x = vec![plain];
            let mut f = vec![quoted];
            for hop in hops {
                let [high, low] = hop.to_be_bytes();
                x.push(format!("10.3.{high}.{low}"));
                f.push(format!("for=10.3.{high}.{low}"));
            }
            // On a line of their own, so that a quote that is opened before ends there.
            prop_assert_eq!(ours.caller(proxy, &headers(&[(X, &brought), (X, &x.join(", "))])), who);
            prop_assert_eq!(ours.caller(proxy, &headers(&[(F, &brought), (F, &f.join(", "))])), who);
            // On the same line: X-Forwarded-For knows no quotes.
            let line = format!("{brought}, {}", x.join(", "));
            prop_assert_eq!(ours.caller(proxy, &headers(&[(X, &line)])), who);
            // A quote that was left open makes the line say nothing: then it is the proxy who asks.
            let seen = ours.caller(proxy, &headers(&[(F, &format!("{brought}, {}", f.join(", ")))]));
            prop_assert!(seen == who || ours.trusts(seen), "{seen}");
        }

        #[test]
        fn whatever_is_read_back_is_what_was_written(who in address(), port in any::<Option<u16>>()) {
            let (plain, quoted) = written(who, port);
            prop_assert_eq!(address_of(&plain), Some(who));
            prop_assert_eq!(forwarded_for(&quoted), Some(who));
        }

        #[test]
        fn nothing_that_is_sent_breaks_it(bytes in proptest::collection::vec(0x20_u8..=0xff, 0..80)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0x7f).collect();
            let value = axum::http::HeaderValue::from_bytes(&bytes).unwrap();
            for name in [X, F] {
                let mut map = HeaderMap::new();
                map.insert(name, value.clone());
                let _ = ours().caller(ip("10.0.0.1"), &map);
            }
        }
    }
}
