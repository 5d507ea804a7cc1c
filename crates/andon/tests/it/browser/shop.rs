//! A shop that is scraped, a bakery that does not answer, and rules that fire, record and fail.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::real::http::{Listener, Response};
use crate::real::{Home, Pager, Server, Target, wait};

const PATIENCE: Duration = Duration::from_secs(30);
const RULES: &str = "groups: [ { name: shop, interval: 1s, rules: [ \
    { alert: ShopHot, expr: shop_heat > 20, labels: { severity: critical }, annotations: { summary: the shop is hot } }, \
    { record: 'room:shop_heat:max', expr: max by (room) (shop_heat) }, \
    { alert: ShopTorn, expr: shop_heat * on () shop_heat > 0, annotations: { summary: cannot be said } } ] } ]\n";

pub struct Shop {
    pub server: Server,
    _home: Home,
    _pager: Pager,
    _shop: Listener,
}

impl Shop {
    /// Open, scraped, and on fire.
    pub fn open() -> Shop {
        let began = Instant::now();
        let pager = Pager::start();
        let shop = Listener::serve(move |_| Response::new(200, exposed(began.elapsed().as_secs_f64())));
        // Nobody listens there any more.
        let gone =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let bakery = Target::service(gone, "1s").1.replace("name: shop }", "name: bakery }");
        let files = [
            Target::service(shop.address, "250ms"),
            ("bakery.yaml", bakery),
            ("rules.yaml", RULES.to_owned()),
        ];
        let home = Home::new(pager.files("").into_iter().chain(files));
        let server = home.start();
        wait("a rate", PATIENCE, || server.query("rate(shop_requests_total{code=\"200\"}[1m]) > 0").pop());
        wait("a page", PATIENCE, || pager.pages().pop());
        Shop { server, _home: home, _pager: pager, _shop: shop }
    }
}

/// After so many seconds.
fn exposed(n: f64) -> String {
    format!(
        "# HELP shop_requests_total Requests.\n# TYPE shop_requests_total counter\n\
         shop_requests_total{{code=\"200\",path=\"/till\"}} {}\n\
         shop_requests_total{{code=\"200\",path=\"/shelf\"}} {}\n\
         shop_requests_total{{code=\"500\",path=\"/till\"}} {}\n\
         # TYPE shop_seconds histogram\n\
         shop_seconds_bucket{{le=\"0.1\"}} {}\nshop_seconds_bucket{{le=\"+Inf\"}} {}\n\
         shop_seconds_sum {}\nshop_seconds_count {}\n\
         # TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {}\n\
         # TYPE shop_heat gauge\nshop_heat{{room=\"hall\"}} 21.5\nshop_heat{{room=\"cellar\"}} 12\n",
        n * 30.0,
        n * 12.0,
        n,
        n * 40.0,
        n * 43.0,
        n * 2.5,
        n * 43.0,
        n / 8.0,
    )
}
