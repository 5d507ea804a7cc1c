//! The address to listen on: loopback only, unless people have to say who they are, over TLS.

use std::io::ErrorKind;
use std::net::SocketAddr;

use andon_definitions::Instance;
use tokio::net::TcpListener;

use crate::exit::{Exit, Failure};

pub async fn bind(asked: &str, instance: &Instance) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = allowed(asked, instance)?;
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

fn allowed(asked: &str, instance: &Instance) -> Result<SocketAddr, Failure> {
    let spelled = asked.replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = spelled.parse().map_err(|_| {
        Failure::usage(format!("{asked:?} is no address to listen on")).hint("write it as 127.0.0.1:7070")
    })?;
    match instance.may_listen(address.ip()) {
        Ok(()) => Ok(address),
        Err(exposed) => Err(Failure::usage(exposed.what(address)).hint(exposed.hint())),
    }
}

#[cfg(test)]
mod tests {
    use andon_definitions::instance::{Identity, ServerTls};

    use super::*;

    #[test]
    fn only_this_machine_is_listened_to_until_people_sign_in_over_tls() {
        let mut instance = Instance::default();
        for here in ["127.0.0.1:7070", "[::1]:0", "localhost:7070"] {
            assert!(allowed(here, &instance).is_ok(), "{here}");
        }
        for open in ["0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070"] {
            assert!(allowed(open, &instance).unwrap_err().what.contains("from other machines"), "{open}");
        }
        assert!(allowed("7070", &instance).is_err());
        let (cert, key) = ("a.crt".to_owned(), "a.key".to_owned());
        instance.tls = Some(ServerTls { cert, key });
        instance.identity = Some(Identity::default());
        instance.external_url = Some("https://andon.example.org".to_owned());
        assert!(allowed("0.0.0.0:7070", &instance).is_ok());
    }
}
