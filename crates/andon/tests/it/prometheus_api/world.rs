//! A target whose samples carry their own times, so that whoever scrapes it, whenever, has the same ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::real::http::{Listener, Response};

pub struct World {
    listener: Listener,
    /// The last second that is exposed; 0: time goes on.
    frozen: Arc<AtomicI64>,
    pub began: i64,
}

impl World {
    pub fn start() -> World {
        let (frozen, began) = (Arc::new(AtomicI64::new(0)), now());
        let until = Arc::clone(&frozen);
        let listener = Listener::serve(move |_| {
            let second = match until.load(Ordering::Relaxed) {
                0 => now(),
                second => second,
            };
            Response::new(200, exposed(second, second - began))
        });
        World { listener, frozen, began }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// From now on time stands still there: the second that everybody ends with.
    pub fn freeze(&self) -> i64 {
        let second = now();
        self.frozen.store(second, Ordering::Relaxed);
        second
    }
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// What there is to see in the `n`th second: counters of which one is reset, gauges, odd values, a classic histogram.
fn exposed(second: i64, n: i64) -> String {
    let at = second * 1000;
    let mut text = String::new();
    let mut line = |series: &str, value: String| text.push_str(&format!("{series} {value} {at}\n"));
    line(
        "# HELP shop_requests_total Requests.\n# TYPE shop_requests_total counter\nshop_requests_total{code=\"200\",path=\"/a\"}",
        (n * 3).to_string(),
    );
    line("shop_requests_total{code=\"200\",path=\"/b<c\"}", ((n % 4) * 7).to_string());
    line("shop_requests_total{code=\"500\",path=\"/a\"}", (n / 2).to_string());
    line(
        "# HELP shop_heat Heat.\n# TYPE shop_heat gauge\nshop_heat{room=\"hall\"}",
        format!("{}", 20.0 + (n * 37 % 100) as f64 / 8.0),
    );
    line("shop_heat{room=\"cellar\"}", format!("{}", -0.1 * n as f64));
    line("shop_heat{room=\"attic\"}", "NaN".to_owned());
    line("shop_limit{room=\"hall\"}", "+Inf".to_owned());
    line("shop_limit{room=\"cellar\"}", "1e-7".to_owned());
    line("shop_big", "1.5e22".to_owned());
    for (le, share) in [("0.1", 2), ("0.5", 5), ("1", 6), ("+Inf", 7)] {
        line(&format!("shop_seconds_bucket{{le=\"{le}\"}}"), (n * share).to_string());
    }
    line("shop_seconds_sum", format!("{}", n as f64 * 2.5));
    line("shop_seconds_count", (n * 7).to_string());
    text
}
