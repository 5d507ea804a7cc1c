//! The address to listen on: loopback only, until Andon knows who speaks to it.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::exit::{Exit, Failure};

pub async fn bind(asked: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = loopback(asked)?;
    let failed = |error: std::io::Error| {
        let what = format!("cannot listen on {address}: {error}");
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                "`andon status` tells whether an Andon runs there; --listen chooses another port"
            }
            _ => "--listen chooses another address",
        };
        Failure::new(Exit::Failed, what).hint(hint)
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn loopback(asked: &str) -> Result<SocketAddr, Failure> {
    let spelled = asked.replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = spelled.parse().map_err(|_| {
        Failure::usage(format!("{asked:?} is no address to listen on")).hint("write it as 127.0.0.1:7070")
    })?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Failure::usage(format!(
        "{address} can be reached from other machines, and this Andon does not know yet who speaks to it"
    ))
    .hint("listen on 127.0.0.1:7070, and reach it from elsewhere through `ssh -L 7070:127.0.0.1:7070`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        assert!(loopback("127.0.0.1:7070").is_ok());
        assert!(loopback("[::1]:0").is_ok());
        assert!(loopback("localhost:7070").is_ok());
        for open in ["0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070"] {
            assert!(loopback(open).unwrap_err().what.contains("from other machines"), "{open}");
        }
        assert!(loopback("7070").is_err());
    }
}
