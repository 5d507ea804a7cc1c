//! Who gets in: said once at the start, and a link for the first admin while there is none.

use std::io::Write;
use std::sync::Arc;

use andon_api::{Loop, View};
use andon_definitions::instance::Instance;
use tokio::sync::watch;

/// `anyway`: a link is made although there is an admin. Until the server stops: definitions that ask for `identity` may
/// come into force at any time.
pub async fn welcome(port: Arc<dyn Loop>, mut plans: watch::Receiver<View>, url: String, mut anyway: bool) {
    let mut before = None;
    loop {
        let view = View::clone(&plans.borrow_and_update());
        let instance = &view.catalog().instance;
        let asks = instance.identity.is_some();
        if before != Some(asks) {
            before = Some(asks);
            say(&port, asks, &address(instance, &url), std::mem::take(&mut anyway)).await;
        }
        if plans.changed().await.is_err() {
            return;
        }
    }
}

/// Where people reach it: what it listens on may be no address for them, as 0.0.0.0, or the wrong side of a proxy.
fn address(instance: &Instance, listens: &str) -> String {
    if instance.external_url.is_some() { instance.url() } else { listens.to_owned() }
}

async fn say(port: &Arc<dyn Loop>, asks: bool, url: &str, anyway: bool) {
    if !asks {
        tracing::info!("nobody has to sign in: whoever reaches {url} on this machine may do everything");
        return;
    }
    let asked = Arc::clone(port);
    let made = tokio::task::spawn_blocking(move || andon_api::admin_link(&asked, anyway)).await;
    let why = match made {
        Ok(Ok(None)) => return,
        Ok(Ok(Some(link))) => return show(url, link.expose()),
        Ok(Err(error)) => format!("{error:?}"),
        Err(error) => error.to_string(),
    };
    tracing::error!(%why, "no link for an admin could be made");
}

/// To the terminal, and not to the log, which others may read.
fn show(url: &str, link: &str) {
    let mut stdout = std::io::stdout().lock();
    let shown = writeln!(
        stdout,
        "\nwhoever opens this link within a day becomes an admin, once:\n\n  {url}/welcome?link={link}\n"
    );
    if shown.and_then(|()| stdout.flush()).is_err() {
        tracing::warn!(
            "a link for an admin was made, and there is no terminal to show it; start Andon at one"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_people_reach_it() {
        let listens = "https://0.0.0.0:7714";
        let mut instance = Instance::default();
        assert_eq!(address(&instance, listens), listens);
        instance.external_url = Some("https://andon.example.org/".to_owned());
        assert_eq!(address(&instance, listens), "https://andon.example.org");
    }
}
