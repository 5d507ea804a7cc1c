//! What the process tells Prometheus: the text format 0.0.4, written by hand. Series exist from the first
//! scrape with the value 0, so that `rate` sees the first failure too.
//!
//! Labels `service`, `instance` and `version` are the scraper's to add; only `storefront_build_info` has one.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::Mutex;
use std::time::Duration;

/// Upper bounds in seconds. A catalog that answers after 800 ms falls between two of them.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

#[derive(Debug)]
pub struct Metrics {
    by_route: Mutex<BTreeMap<&'static str, Route>>,
}

#[derive(Debug, Default)]
struct Route {
    codes: BTreeMap<u16, u64>,
    /// Not cumulative; the page adds them up.
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

impl Metrics {
    pub fn of(routes: &[&'static str]) -> Metrics {
        let fresh = || Route { codes: [200, 500, 503].map(|code| (code, 0)).into(), ..Route::default() };
        Metrics { by_route: Mutex::new(routes.iter().map(|route| (*route, fresh())).collect()) }
    }

    /// A route that was not named at the start is not counted: series must not grow with what strangers ask.
    pub fn answered(&self, route: &str, code: u16, took: Duration) {
        let mut by_route = self.by_route.lock().expect("nothing panics while it holds this lock");
        let Some(route) = by_route.get_mut(route) else {
            return;
        };
        let seconds = took.as_secs_f64();
        *route.codes.entry(code).or_default() += 1;
        if let Some(at) = BUCKETS.iter().position(|bound| seconds <= *bound) {
            route.buckets[at] += 1;
        }
        route.count += 1;
        route.seconds += seconds;
    }

    pub fn write(&self, page: &mut Page) {
        let by_route = self.by_route.lock().expect("nothing panics while it holds this lock");
        page.family("http_requests_total", "counter", "Requests answered, by route and status code.");
        for (route, seen) in by_route.iter() {
            for (code, count) in &seen.codes {
                page.sample("http_requests_total", &[("code", &code.to_string()), ("route", route)], count);
            }
        }
        let name = "http_request_duration_seconds";
        page.family(name, "histogram", "Time from request to answer.");
        for (route, seen) in by_route.iter() {
            let mut below = 0;
            for (bound, count) in BUCKETS.iter().zip(seen.buckets) {
                below += count;
                let le = bound.to_string();
                page.sample(&format!("{name}_bucket"), &[("route", route), ("le", &le)], below);
            }
            page.sample(&format!("{name}_bucket"), &[("route", route), ("le", "+Inf")], seen.count);
            page.sample(&format!("{name}_sum"), &[("route", route)], seen.seconds);
            page.sample(&format!("{name}_count"), &[("route", route)], seen.count);
        }
    }
}

/// A page of exposition being written.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A family with one sample and no labels.
    pub fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

/// What the kernel says this process holds in memory; none where there is no /proc.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_everything_from_the_first_scrape_and_buckets_add_up() {
        let metrics = Metrics::of(&["/checkout"]);
        metrics.answered("/checkout", 201, Duration::from_millis(20));
        metrics.answered("/checkout", 503, Duration::from_millis(260));
        metrics.answered("/somewhere-else", 200, Duration::ZERO);
        let mut page = Page::default();
        metrics.write(&mut page);
        let text = page.into_text();
        for line in [
            "# TYPE http_requests_total counter",
            "http_requests_total{code=\"500\",route=\"/checkout\"} 0",
            "http_requests_total{code=\"503\",route=\"/checkout\"} 1",
            "# TYPE http_request_duration_seconds histogram",
            "http_request_duration_seconds_bucket{route=\"/checkout\",le=\"0.01\"} 0",
            "http_request_duration_seconds_bucket{route=\"/checkout\",le=\"0.025\"} 1",
            "http_request_duration_seconds_bucket{route=\"/checkout\",le=\"0.5\"} 2",
            "http_request_duration_seconds_bucket{route=\"/checkout\",le=\"+Inf\"} 2",
            "http_request_duration_seconds_count{route=\"/checkout\"} 2",
        ] {
            assert!(text.lines().any(|had| had == line), "missing: {line}\n{text}");
        }
        assert!(!text.contains("somewhere-else"));
    }

    #[test]
    fn label_values_are_escaped() {
        let mut page = Page::default();
        page.sample("x", &[("version", "a\"b\\c\nd")], 1);
        assert_eq!(page.into_text(), "x{version=\"a\\\"b\\\\c\\nd\"} 1\n");
    }
}
