//! How Andon's own address is protected on the way, and who may reach it.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Instance;

/// The certificate and the key of Andon's own address, as files of PEM relative to the definitions' directory. They are
/// read again when they change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ServerTls {
    /// The certificate, and behind it those that lead to a root.
    pub cert: String,
    /// Its private key.
    pub key: String,
}

/// An address, or all that begin alike: `10.0.0.5`, `10.0.0.0/8`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Network(#[schemars(extend("format" = "andon-network"))] pub String);

impl Network {
    /// The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<(IpAddr, u8), String> {
        let wrong = || format!("`{text}` is no address such as 10.0.0.5, nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
        if bits == 0 || bits > all {
            return Err(wrong());
        }
        Ok((address, bits))
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let Ok((network, bits)) = Network::parse(&self.0) else { return false };
        match (network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                bits <= 32 && (network.to_bits() ^ address.to_bits()).leading_zeros() >= u32::from(bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= u32::from(bits)
            }
            _ => false,
        }
    }
}

/// Why an address may not be listened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// Nobody has to say who they are.
    ToAnybody,
    /// What is said could be read on the way.
    ToListeners,
    /// It is not known what it is called there.
    Unnamed,
}

impl Exposed {
    pub fn what(self, address: SocketAddr) -> String {
        let why = match self {
            Exposed::ToAnybody => "nobody has to say who they are",
            Exposed::ToListeners => "passwords would travel in the clear",
            Exposed::Unnamed => "it is not known by which name people reach it",
        };
        format!("{address} can be reached from other machines, and {why}")
    }

    pub fn hint(self) -> &'static str {
        match self {
            Exposed::ToAnybody => {
                "add `identity: {}` to the instance's spec, or listen on 127.0.0.1:7070 and reach it through `ssh -L 7070:127.0.0.1:7070`"
            }
            Exposed::ToListeners => {
                "add `tls: { cert: PATH, key: PATH }`, or name those in front of it that speak TLS: `trusted_proxies`"
            }
            Exposed::Unnamed => "add `external_url: https://NAME` to the instance's spec",
        }
    }
}

impl Instance {
    /// Whether this address may be listened on. Beyond this machine only who is known gets in, over TLS.
    pub fn may_listen(&self, address: IpAddr) -> Result<(), Exposed> {
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        if self.identity.is_none() {
            return Err(Exposed::ToAnybody);
        }
        if self.tls.is_none() && self.trusted_proxies.is_empty() {
            return Err(Exposed::ToListeners);
        }
        if self.external_url.is_none() { Err(Exposed::Unnamed) } else { Ok(()) }
    }

    pub fn trusts(&self, proxy: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(proxy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Identity;

    #[test]
    fn beyond_this_machine_only_who_is_known_gets_in_over_tls() {
        let open: IpAddr = "0.0.0.0".parse().unwrap();
        let mut instance = Instance::default();
        for here in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(instance.may_listen(here.parse().unwrap()), Ok(()));
        }
        assert_eq!(instance.may_listen(open), Err(Exposed::ToAnybody));
        instance.identity = Some(Identity::default());
        assert_eq!(instance.may_listen(open), Err(Exposed::ToListeners));
        instance.trusted_proxies = vec![Network("10.0.0.0/8".to_owned())];
        assert_eq!(instance.may_listen(open), Err(Exposed::Unnamed));
        instance.external_url = Some("https://andon.example.org".to_owned());
        assert_eq!(instance.may_listen(open), Ok(()));
        instance.identity = None;
        assert_eq!(instance.may_listen(open), Err(Exposed::ToAnybody));
    }

    #[test]
    fn a_network_holds_its_own() {
        let holds =
            |network: &str, address: &str| Network(network.to_owned()).contains(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.9.8.7") && holds("10.0.0.0/8", "::ffff:10.9.8.7"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1") && !holds("10.0.0.0/8", "::1"));
        assert!(holds("2001:db8::/32", "2001:db8:7::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        for wrong in ["", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0", "andon.example.org", "10.0.0.0/-1"] {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
    }
}
