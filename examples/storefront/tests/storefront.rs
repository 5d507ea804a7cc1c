//! The storefront as it really runs: processes on free ports, talked to over HTTP, stopped by signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const CART: &str = r#"{"items":[{"sku":"lamp","quantity":1},{"sku":"tea","quantity":2}]}"#;

/// One process; killed when dropped, so that a failing test leaves nothing behind.
struct Instance {
    child: Child,
    address: String,
}

impl Instance {
    fn start(args: &[&str], env: &[(&str, &str)]) -> Instance {
        let mut child = Command::new(env!("CARGO_BIN_EXE_storefront"))
            .args(args)
            .env_clear()
            .env("PORT", "0")
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let first = lines.next().expect("it says that it listens").expect("in UTF-8");
        let first: serde_json::Value = serde_json::from_str(&first).expect("as JSON");
        assert_eq!(first["msg"], "listening");
        // Somebody must go on reading, or a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let address = first["address"].as_str().expect("with its address").to_string();
        Instance { child, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it accepts");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {length}"
        );
        write!(stream, "{head}\r\n\r\n{body}").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head, then a body");
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        (code, body.to_string())
    }

    fn get(&self, path: &str) -> String {
        let (code, body) = self.ask("GET", path, "");
        assert_eq!(code, 200, "GET {path}: {body}");
        body
    }

    fn fault(&self, name: &str, on: bool) {
        let (code, body) = self.ask("POST", &format!("/faults/{name}"), &format!(r#"{{"on":{on}}}"#));
        assert_eq!(code, 200, "{body}");
    }

    /// The value of a series as the exposition writes it.
    fn metric(&self, series: &str) -> f64 {
        let page = self.get("/metrics");
        let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {series} in\n{page}")).parse().expect("a number")
    }

    fn wait_for(&self, what: &str, holds: impl Fn(&Instance) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !holds(self) {
            assert!(Instant::now() < until, "waited 20 s in vain: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn terminate(&mut self) -> (ExitStatus, Duration) {
        let from = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it can be told");
        (self.ends(), from.elapsed())
    }

    fn ends(&mut self) -> ExitStatus {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match self.child.try_wait().expect("it is our child") {
                Some(status) => return status,
                None => assert!(Instant::now() < until, "it did not end within 10 s"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn catalog() -> Instance {
    Instance::start(&["catalog"], &[])
}

fn cart(catalog: &Instance) -> Instance {
    Instance::start(&["cart"], &[("CATALOG_URLS", &catalog.url())])
}

fn checkout(cart: &Instance, version: &str) -> Instance {
    Instance::start(&["checkout"], &[("CART_URLS", &cart.url()), ("VERSION", version)])
}

#[test]
fn shoppers_move_the_metrics_and_everything_stops_cleanly() {
    let mut catalog = catalog();
    let mut cart = cart(&catalog);
    let mut checkout = checkout(&cart, "v41");
    // Port 9 answers nobody: the shoppers must find the other instance.
    let checkouts = format!("http://127.0.0.1:9,{}", checkout.url());
    let urls =
        [("CATALOG_URLS", &*catalog.url()), ("CART_URLS", &*cart.url()), ("CHECKOUT_URLS", &*checkouts)];
    let mut traffic = Instance::start(&["traffic", "--rate", "60"], &urls);

    checkout.wait_for("orders come in", |checkout| checkout.metric("checkout_orders_total") >= 20.0);
    assert!(checkout.metric("http_requests_total{code=\"201\",route=\"/checkout\"}") >= 20.0);
    assert!(checkout.metric("http_request_duration_seconds_count{route=\"/checkout\"}") >= 20.0);
    assert!(cart.metric("http_requests_total{code=\"200\",route=\"/cart\"}") >= 20.0);
    assert!(catalog.metric("http_requests_total{code=\"200\",route=\"/products/{sku}\"}") >= 20.0);
    assert!(traffic.metric("traffic_visits_total{outcome=\"ordered\"}") >= 10.0);
    assert_eq!(traffic.metric("traffic_visits_total{outcome=\"failed\"}"), 0.0);
    assert_eq!(checkout.metric("storefront_build_info{version=\"v41\"}"), 1.0);
    assert_eq!(checkout.metric("db_pool_size"), 20.0);
    assert!(checkout.metric("process_resident_memory_bytes") > 1e6);
    assert_eq!(checkout.get("/healthz"), "ok\n");
    assert_eq!(checkout.get("/readyz"), "ready\n");

    // The services first, while the shoppers still come.
    for instance in [&mut checkout, &mut cart, &mut catalog, &mut traffic] {
        let (status, took) = instance.terminate();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(2), "took {took:?}");
    }
}

#[test]
fn an_instance_that_is_added_gets_its_share_at_once() {
    let (first, second) = (catalog(), catalog());
    let dir = tempfile::tempdir().expect("a directory of our own");
    let (file, fresh) = (dir.path().join("catalog"), dir.path().join("fresh"));
    let write = |lines: String| {
        std::fs::write(&fresh, lines).expect("it is ours");
        std::fs::rename(&fresh, &file).expect("it is ours");
    };
    write(format!("{}\n", first.url()));
    // Port 9 answers nobody: the file is what counts.
    let env = [("CATALOG_URLS", "http://127.0.0.1:9"), ("CATALOG_URLS_FILE", utf8(&file))];
    let cart = Instance::start(&["cart"], &env);
    assert_eq!(cart.ask("POST", "/cart", CART).0, 200);

    write(format!("{}\n{}\n", first.url(), second.url()));
    let answered = "http_requests_total{code=\"200\",route=\"/products\"}";
    cart.wait_for("the second catalog is asked too", |cart| {
        assert_eq!(cart.ask("POST", "/cart", CART).0, 200);
        second.metric(answered) > 0.0
    });
    let before = (first.metric(answered), second.metric(answered));
    for _ in 0..10 {
        assert_eq!(cart.ask("POST", "/cart", CART).0, 200);
    }
    assert_eq!((first.metric(answered), second.metric(answered)), (before.0 + 5.0, before.1 + 5.0));
}

#[test]
fn sigterm_lets_a_request_in_flight_finish() {
    let mut catalog = catalog();
    catalog.fault("slow-dependency", true);
    let address = catalog.address.clone();
    let slow = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("it accepts");
        write!(stream, "GET /products HTTP/1.1\r\nhost: shop\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers, then closes");
        answer
    });
    std::thread::sleep(Duration::from_millis(200));
    let (status, took) = catalog.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(2), "took {took:?}");
    assert!(slow.join().expect("it was served").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn the_leak_empties_the_pool_until_checkouts_hear_no_database_connection() {
    let catalog = catalog();
    let cart = cart(&catalog);
    let checkout = checkout(&cart, "v41");
    for _ in 0..40 {
        assert_eq!(checkout.ask("POST", "/checkout", CART).0, 201);
    }
    assert_eq!(checkout.metric("db_pool_in_use"), 0.0, "v41 gives every connection back");

    checkout.fault("leak", true);
    let refused = until_refused(&checkout);
    assert_eq!(refused, r#"{"error":"no database connection"}"#);
    assert_eq!(checkout.metric("db_pool_in_use"), checkout.metric("db_pool_size"));
    assert_eq!(checkout.metric("checkout_failures_total{reason=\"no_database_connection\"}"), 1.0);
    assert_eq!(checkout.metric("http_requests_total{code=\"503\",route=\"/checkout\"}"), 1.0);

    checkout.fault("leak", false);
    assert_eq!(checkout.metric("db_pool_in_use"), 20.0, "what leaked stays lost until a restart");
    assert_eq!(checkout.get("/healthz"), "ok\n");
}

#[test]
fn v42_leaks_by_itself() {
    let catalog = catalog();
    let cart = cart(&catalog);
    let checkout = checkout(&cart, "v42");
    assert!(checkout.get("/faults").contains(r#""name":"leak","on":true"#));
    until_refused(&checkout);
    assert_eq!(checkout.metric("db_pool_in_use"), 20.0);
}

/// 20 connections, one in four checkouts loses one: 80 checkouts on average, and 400 fail to do it less than
/// once in 10^20 runs.
fn until_refused(checkout: &Instance) -> String {
    for _ in 0..400 {
        match checkout.ask("POST", "/checkout", CART) {
            (201, _) => {}
            (503, says) => return says,
            (code, says) => panic!("a checkout answered {code}: {says}"),
        }
    }
    panic!("400 checkouts did not empty the pool");
}

#[test]
fn the_other_faults_do_what_they_say() {
    let catalog = catalog();

    catalog.fault("slow-dependency", true);
    let from = Instant::now();
    catalog.get("/products");
    assert!(from.elapsed() >= Duration::from_millis(800));
    catalog.fault("slow-dependency", false);

    catalog.fault("errors", true);
    let failed = (0..200).filter(|_| catalog.ask("GET", "/products", "").0 == 500).count();
    assert!((10..=80).contains(&failed), "{failed} of 200 failed; about 40 should");
    catalog.fault("errors", false);

    let before = catalog.metric("process_resident_memory_bytes");
    catalog.fault("memory-leak", true);
    for _ in 0..50 {
        catalog.get("/products");
    }
    assert!(catalog.metric("process_resident_memory_bytes") > before + 45.0 * 1024.0 * 1024.0);
    catalog.fault("memory-leak", false);
    assert!(catalog.metric("process_resident_memory_bytes") < before + 10.0 * 1024.0 * 1024.0);
    catalog.get("/products");
    assert!(!catalog.get("/faults").contains(r#""on":true"#));
}

#[test]
fn a_crash_loop_lasts_until_it_is_cleared() {
    let dir = tempfile::tempdir().expect("a directory of our own");
    let env = [("FAULT_DIR", utf8(dir.path())), ("INSTANCE", "catalog-1")];
    let start = || Instance::start(&["catalog"], &env);

    let mut catalog = start();
    catalog.fault("crash-loop", true);
    assert_eq!(catalog.ends().code(), Some(1));

    let mut catalog = start();
    catalog.get("/products");
    assert_eq!(catalog.ends().code(), Some(1), "it crashes by itself after each start");

    let mut catalog = start();
    catalog.fault("crash-loop", false);
    std::thread::sleep(Duration::from_millis(2300));
    catalog.get("/products");
    assert_eq!(catalog.terminate().0.code(), Some(0));
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("temporary directories have plain names")
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    let catalog = catalog();
    let cart = cart(&catalog);
    let checkout = checkout(&cart, "v41");
    for (instance, path, body, code, says) in [
        (
            &catalog,
            "/faults/leak",
            r#"{"on":true}"#,
            404,
            "catalog has no fault 'leak'; it has: slow-dependency",
        ),
        (&catalog, "/faults/errors", r#"{"on":1}"#, 400, "the body must be"),
        (&catalog, "/faults/crash-loop", r#"{"on":true}"#, 409, "start with FAULT_DIR set"),
        (&cart, "/cart", "{}", 400, "a cart looks like"),
        (&cart, "/cart", r#"{"items":[{"sku":"yacht","quantity":1}]}"#, 422, "there is no product 'yacht'"),
        (&checkout, "/checkout", r#"{"items":[{"sku":"tea","quantity":0}]}"#, 422, "it must be from 1 to 99"),
        (&checkout, "/checkout", "two teas", 400, "the body must be a cart"),
    ] {
        let (had, answer) = instance.ask("POST", path, body);
        assert_eq!(had, code, "{path}: {answer}");
        assert!(answer.contains(says), "{path}: {answer}");
    }
    let refused = "checkout_failures_total{reason=\"internal\"}";
    assert_eq!(checkout.metric(refused), 0.0, "a wrong request is no failure of ours");

    let output = Command::new(env!("CARGO_BIN_EXE_storefront"))
        .arg("cart")
        .env_clear()
        .env("PORT", "0")
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("CATALOG_URLS is not set"));
}
