//! The webhook receiver at the other end of a channel: keeps every call, and answers as it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::{Listener, Response};

#[derive(Clone, Debug)]
pub struct Call {
    pub at: Instant,
    /// As the header says it.
    pub key: String,
    pub delivery: Value,
    pub answered: u16,
}

impl Call {
    /// page, approval, question or tell.
    pub fn kind(&self) -> &str {
        self.delivery["kind"].as_str().unwrap_or("")
    }
}

pub struct Pager {
    listener: Listener,
    calls: Arc<Mutex<Vec<Call>>>,
    status: Arc<AtomicU16>,
    thinks: Arc<Mutex<Duration>>,
}

impl Pager {
    pub fn start() -> Pager {
        let (calls, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU16::new(204)));
        let thinks = Arc::new(Mutex::new(Duration::ZERO));
        let (kept, answers, pause) = (Arc::clone(&calls), Arc::clone(&status), Arc::clone(&thinks));
        let listener = Listener::serve(move |request| {
            let at = Instant::now();
            let answered = answers.load(Ordering::Relaxed);
            let key = request.headers.get("idempotency-key").cloned().unwrap_or_default();
            let delivery = serde_json::from_slice(&request.body).unwrap_or_default();
            kept.lock().expect("nobody panics").push(Call { at, key, delivery, answered });
            let pause = *pause.lock().expect("nobody panics");
            std::thread::sleep(pause);
            Response::new(answered, "")
        });
        Pager { listener, calls, status, thinks }
    }

    /// From now on. It begins with 204.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// So long before each answer.
    pub fn think(&self, pause: Duration) {
        *self.thinks.lock().expect("nobody panics") = pause;
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("nobody panics").clone()
    }

    pub fn pages(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.kind() == "page").collect()
    }

    /// An instance that calls it, and a team of one who is always on call.
    pub fn files(&self, settings: &str) -> Vec<(&'static str, String)> {
        let instance = format!(
            "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: proof }}\nspec:\n  default_team: team:shop\n  \
             channels: {{ hook: {{ webhook: {{ url: 'http://{}/' }} }} }}\n{settings}",
            self.listener.address
        );
        let team = "\
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people: { ana: { timezone: UTC, contact: [ { channel: hook } ] } }
  oncall:
    primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: UTC } }
  escalation: [ { page: 'oncall:primary' } ]
";
        vec![("instance.yaml", instance), ("team.yaml", team.to_owned())]
    }
}
