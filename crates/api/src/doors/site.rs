//! From where a request may come at all: by loopback names only, and no form from another site.
//!
//! Where nobody has to say who they are, whoever reaches the socket is trusted, so a page of another origin must not be
//! able to reach it through a browser; where people sign in, their cookies come along with any request. So DNS
//! rebinding fails on `Host`, a cross-site form on `Origin` and `Sec-Fetch-Site`. Nor may such a page let its visitor's browser ask for what is costly to answer, though it could not read the answer.

use axum::http::{HeaderMap, Method, header};

/// Why a request may not come from where it comes. `scheme` is how it came: `http` or `https`.
pub(super) fn refused(method: &Method, path: &str, headers: &HeaderMap, scheme: &str) -> Option<String> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("(not text)"));
    let Some(host) = text(header::HOST) else { return Some("the request names no host".to_owned()) };
    if !is_loopback(host) {
        return Some(format!("this Andon does not answer to the host {host:?}"));
    }
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if method.is_safe() {
        // A link to a page is a cross-site request too.
        let is_for_programs =
            path.starts_with("/api/") || path.starts_with("/alertmanager/api/") || path == "/federate";
        let is_foreign = is_for_programs && site == Some("cross-site");
        return is_foreign.then(|| format!("a cross-site request may not ask for {path:?}"));
    }
    match text(header::ORIGIN) {
        Some(origin) if origin.split_once("://") != Some((scheme, host)) => {
            Some(format!("a request from {origin:?} may not change anything here"))
        }
        _ => match site {
            Some("same-origin" | "none") | None => None,
            Some(site) => Some(format!("a {site} request may not change anything here")),
        },
    }
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    if !(port.is_empty() || is_port(port)) {
        return false;
    }
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, headers: &[(&'static str, &str)], allowed: bool) {
        check_path(method, "/", headers, allowed);
    }

    #[track_caller]
    fn check_path(method: Method, path: &str, headers: &[(&'static str, &str)], allowed: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        assert_eq!(
            refused(&method, path, &headers, "http").is_none(),
            allowed,
            "{method} {path} {headers:?}"
        );
    }

    #[test]
    fn only_loopback_hosts_are_answered() {
        check(Method::GET, &[("host", "127.0.0.1:7070")], true);
        check(Method::GET, &[("host", "localhost:7070")], true);
        check(Method::GET, &[("host", "[::1]:7070")], true);
        check(Method::GET, &[("host", "evil.example:7070")], false);
        check(Method::GET, &[("host", "127.0.0.1.evil.example")], false);
        check(Method::GET, &[("host", "localhost")], true);
        check(Method::GET, &[("host", "127.0.0.1:7070.evil.example")], false);
        check(Method::GET, &[("host", "[::1].evil.example")], false);
        check(Method::GET, &[("host", "[::1")], false);
        check(Method::GET, &[], false);
    }

    #[test]
    fn another_site_changes_nothing() {
        let host = ("host", "127.0.0.1:7070");
        check(Method::POST, &[host], true);
        check(Method::POST, &[host, ("origin", "http://127.0.0.1:7070")], true);
        check(Method::POST, &[host, ("origin", "http://evil.example")], false);
        check(Method::POST, &[host, ("origin", "null")], false);
        check(Method::POST, &[host, ("origin", "http://localhost:7070")], false);
        check(Method::POST, &[host, ("sec-fetch-site", "cross-site")], false);
        check(Method::GET, &[host, ("origin", "http://evil.example")], true);
    }

    #[test]
    fn another_scheme_is_another_site() {
        let from = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:7070".parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            refused(&Method::POST, "/", &headers, "https").is_none()
        };
        assert!(from("https://127.0.0.1:7070"));
        assert!(!from("http://127.0.0.1:7070"));
    }

    #[test]
    fn another_site_asks_for_nothing_costly() {
        let from = |site| [("host", "127.0.0.1:7070"), ("sec-fetch-site", site)];
        check_path(Method::GET, "/api/v1/query", &from("cross-site"), false);
        check_path(Method::GET, "/federate", &from("cross-site"), false);
        check_path(Method::GET, "/api/v1/query", &from("same-origin"), true);
        check_path(Method::GET, "/incidents/INC-1", &from("cross-site"), true);
    }
}
