//! Who is at the other end of a connection, as the listener and those in front of it know it.

use std::net::IpAddr;

use andon_definitions::Instance;
use axum::http::HeaderMap;

/// Stands among the extensions of every request that came by a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub address: IpAddr,
    /// Whether the connection is TLS.
    pub tls: bool,
}

/// Where a request comes from. None of a request that came by no socket, as in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub address: Option<IpAddr>,
    /// Over TLS all the way: to Andon, or to a proxy that is trusted.
    pub is_encrypted: bool,
}

impl Origin {
    /// What a trusted proxy says is believed, and of nobody else. Beyond this machine nothing is answered in the clear,
    /// nor to whoever does not have to say who they are. The error says why a request is not answered.
    pub fn of(peer: Option<Peer>, headers: &HeaderMap, instance: &Instance) -> Result<Origin, String> {
        let Some(peer) = peer else { return Ok(Origin::default()) };
        let here = |address: IpAddr| address.to_canonical().is_loopback();
        if instance.identity.is_none() {
            if !here(peer.address) {
                return Err(
                    "nobody has to say who they are here, so only this machine is answered".to_owned()
                );
            }
            return Ok(Origin { address: Some(peer.address), is_encrypted: peer.tls });
        }
        let forwarded = forwarded(headers).filter(|_| instance.trusts(peer.address));
        match forwarded {
            Some(hops) => {
                let said = last(headers, "x-forwarded-proto");
                if said != Some("https") {
                    return Err(format!(
                        "the proxy at {} does not say by `X-Forwarded-Proto: https` that this came over TLS",
                        peer.address
                    ));
                }
                let address = asker(&hops, peer.address, instance)?;
                Ok(Origin { address: Some(address), is_encrypted: true })
            }
            None if peer.tls || here(peer.address) => {
                Ok(Origin { address: Some(peer.address), is_encrypted: peer.tls })
            }
            None if instance.trusts(peer.address) => Err(format!(
                "the proxy at {} does not say by `X-Forwarded-For` whom it asks for",
                peer.address
            )),
            None => Err("beyond this machine nothing is answered in the clear".to_owned()),
        }
    }

    pub fn scheme(&self) -> &'static str {
        if self.is_encrypted { "https" } else { "http" }
    }
}

/// From whoever asked first to the last proxy but one. None: nobody asks for anybody else.
fn forwarded(headers: &HeaderMap) -> Option<Vec<&str>> {
    let all = headers.get_all("x-forwarded-for");
    let texts: Vec<&str> = all.into_iter().map(|value| value.to_str().unwrap_or_default()).collect();
    if texts.is_empty() {
        None
    } else {
        Some(texts.iter().flat_map(|text| text.split(',')).map(str::trim).collect())
    }
}

/// The last of those named whom no trusted proxy is: what stands before is the asker's own word.
fn asker(hops: &[&str], peer: IpAddr, instance: &Instance) -> Result<IpAddr, String> {
    let mut found = peer;
    for hop in hops.iter().rev() {
        found =
            hop.parse().map_err(|_| "`X-Forwarded-For` names something else than addresses".to_owned())?;
        if !instance.trusts(found) {
            break;
        }
    }
    Ok(found)
}

fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).into_iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use andon_definitions::instance::{Identity, Network};

    use super::*;

    fn origin(peer: &str, tls: bool, headers: &[(&'static str, &str)]) -> Result<(String, bool), String> {
        let proxies = ["10.0.0.0/8", "127.0.0.1"].map(|text| Network(text.to_owned())).to_vec();
        let instance =
            Instance { identity: Some(Identity::default()), trusted_proxies: proxies, ..Instance::default() };
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, value.parse().unwrap());
        }
        let peer = Peer { address: peer.parse().unwrap(), tls };
        let origin = Origin::of(Some(peer), &all, &instance)?;
        Ok((origin.address.unwrap().to_string(), origin.is_encrypted))
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        let https = ("x-forwarded-proto", "https");
        let from = |text| ("x-forwarded-for", text);
        let found = |address: &str, encrypted| Ok((address.to_owned(), encrypted));
        assert_eq!(origin("10.0.0.1", false, &[https, from("192.0.2.7")]), found("192.0.2.7", true));
        // What the asker wrote itself stands further left.
        assert_eq!(
            origin("10.0.0.1", false, &[https, from("1.1.1.1, 192.0.2.7, 10.0.0.2")]),
            found("192.0.2.7", true)
        );
        assert_eq!(
            origin("10.0.0.1", false, &[https, from("1.1.1.1"), from("192.0.2.7")]),
            found("192.0.2.7", true)
        );
        assert_eq!(origin("127.0.0.1", false, &[https, from("192.0.2.7")]), found("192.0.2.7", true));
        assert_eq!(origin("192.0.2.9", true, &[https, from("127.0.0.1")]), found("192.0.2.9", true));
        assert_eq!(origin("127.0.0.2", false, &[https, from("192.0.2.7")]), found("127.0.0.2", false));
        assert_eq!(origin("127.0.0.1", false, &[]), found("127.0.0.1", false));
    }

    #[test]
    fn nothing_is_answered_in_the_clear_beyond_this_machine() {
        let refused = |peer, headers: &[(&'static str, &str)]| origin(peer, false, headers).unwrap_err();
        assert!(refused("192.0.2.9", &[]).contains("in the clear"));
        assert!(
            refused("192.0.2.9", &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https")])
                .contains("in the clear")
        );
        assert!(refused("10.0.0.1", &[]).contains("whom it asks for"));
        assert!(refused("10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]).contains("X-Forwarded-Proto"));
        let plain = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https, http")];
        assert!(refused("10.0.0.1", &plain).contains("X-Forwarded-Proto"));
        let odd = [("x-forwarded-for", "<script>"), ("x-forwarded-proto", "https")];
        assert!(refused("10.0.0.1", &odd).contains("something else"));
    }

    #[test]
    fn where_nobody_has_to_say_who_they_are_only_this_machine_is_answered() {
        let instance = Instance::default();
        let of = |peer: &str| {
            Origin::of(Some(Peer { address: peer.parse().unwrap(), tls: true }), &HeaderMap::new(), &instance)
        };
        assert!(of("192.0.2.9").is_err());
        assert!(of("127.0.0.1").is_ok() && of("::1").is_ok());
    }
}
