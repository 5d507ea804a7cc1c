//! Something to scrape: it exposes the text that it was last given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::http::{Listener, Response};

pub struct Target {
    listener: Listener,
    exposed: Arc<Mutex<Exposed>>,
}

struct Exposed {
    text: Vec<u8>,
    /// When this very text was first handed out.
    served_at: Option<Instant>,
}

impl Target {
    pub fn exposing(text: &str) -> Target {
        let exposed = Arc::new(Mutex::new(Exposed { text: text.into(), served_at: None }));
        let shown = Arc::clone(&exposed);
        let listener = Listener::serve(move |_| {
            let mut exposed = shown.lock().expect("nobody panics");
            exposed.served_at.get_or_insert_with(Instant::now);
            Response::new(200, exposed.text.clone())
        });
        Target { listener, exposed }
    }

    pub fn expose(&self, text: impl Into<Vec<u8>>) {
        *self.exposed.lock().expect("nobody panics") = Exposed { text: text.into(), served_at: None };
    }

    /// When what it exposes now was first scraped.
    pub fn served_at(&self) -> Option<Instant> {
        self.exposed.lock().expect("nobody panics").served_at
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// The service `shop` at an address, scraped often.
    pub fn service(address: SocketAddr, every: &str) -> (&'static str, String) {
        let text = format!(
            "apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: shop }}\nspec:\n  owner: team:shop\n  tier: 1\n  \
             scrape: {{ every: {every}, targets: ['{address}'] }}\n"
        );
        ("shop.yaml", text)
    }
}
