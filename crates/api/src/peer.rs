//! Who is at the other end of a connection, as the listener knows it.

use std::net::IpAddr;

/// Stands among the extensions of every request that came by a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub address: IpAddr,
    /// Whether the connection is TLS.
    pub tls: bool,
}
