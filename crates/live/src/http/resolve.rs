//! Names as addresses, for what is sent to others: never to a link-local one. That is where clouds keep the credentials
//! of their machines, and a name that leads there is somebody's trick.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where a cloud's machines are told their credentials over IPv6.
const METADATA_V6: [u16; 8] = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];

pub(super) struct Careful;

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn allowed(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, LinkLocal> {
    let mut all = found.peekable();
    let is_known = all.peek().is_some();
    let allowed: Vec<SocketAddr> = all.filter(|address| !is_link_local(address.ip())).collect();
    if is_known && allowed.is_empty() { Err(LinkLocal) } else { Ok(allowed) }
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to a link-local address, where nothing is sent")]
struct LinkLocal;

pub fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments() == METADATA_V6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(of: &[&str]) -> Result<usize, String> {
        let found = of.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 0));
        allowed(found).map(|allowed| allowed.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_never_leads_to_where_credentials_are_kept() {
        assert_eq!(addresses(&["10.0.0.1", "::1", "127.0.0.1"]), Ok(3));
        assert_eq!(addresses(&["10.0.0.1", "169.254.169.254"]), Ok(1));
        for trick in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254"] {
            assert!(addresses(&[trick]).is_err_and(|why| why.contains("link-local")), "{trick}");
        }
        assert_eq!(addresses(&[]), Ok(0));
    }
}
