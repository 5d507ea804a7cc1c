//! From where a request may come at all: by Andon's own names only, and no form from another site.
//!
//! Where nobody has to say who they are, whoever reaches the socket is trusted, so a page of another origin must not be
//! able to reach it through a browser; where people sign in, their cookies come along with any request. So DNS
//! rebinding fails on `Host`, a cross-site form on `Origin` and `Sec-Fetch-Site`. Nor may such a page let its visitor's browser ask for what is costly to answer, though it could not read the answer.

use std::net::IpAddr;

use andon_definitions::Instance;
use andon_vocabulary::is_this_machine;
use axum::http::{HeaderMap, Method, header};

use crate::peer::Origin;

/// Why a request may not come from where it comes.
pub(super) fn refused(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    origin: Origin,
    instance: &Instance,
) -> Option<String> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("(not text)"));
    let Some(host) = text(header::HOST) else { return Some("the request names no host".to_owned()) };
    if !is_ours(host, origin, instance) {
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
        Some(from) if from.split_once("://") != Some((origin.scheme(), host)) => {
            Some(format!("a request from {from:?} may not change anything here"))
        }
        _ => match site {
            Some("same-origin" | "none") | None => None,
            Some(site) => Some(format!("a {site} request may not change anything here")),
        },
    }
}

/// A name of this machine; where people sign in, an address too, which no foreign name leads to, and over TLS the name
/// that the instance has.
fn is_ours(host: &str, origin: Origin, instance: &Instance) -> bool {
    let Some(name) = name(host) else { return false };
    let address = name.parse::<IpAddr>().ok();
    if is_this_machine(name) {
        return true;
    }
    if instance.identity.is_none() {
        return false;
    }
    let is_own = instance.external_host().is_some_and(|own| own.eq_ignore_ascii_case(name));
    address.is_some() || (is_own && origin.is_encrypted)
}

/// Without its port.
fn name(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    (port.is_empty() || is_port(port)).then_some(name)
}

#[cfg(test)]
mod tests {
    use andon_definitions::instance::Identity;

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
            refused(&method, path, &headers, Origin::default(), &Instance::default()).is_none(),
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

    const TLS: Origin = Origin { address: None, is_encrypted: true };

    #[test]
    fn its_own_name_is_answered_to_over_tls_where_people_sign_in() {
        let mut instance = Instance {
            external_url: Some("https://andon.example.org:8443/".to_owned()),
            ..Instance::default()
        };
        let answers = |instance: &Instance, origin, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            refused(&Method::GET, "/", &headers, origin, instance).is_none()
        };
        assert!(!answers(&instance, TLS, "andon.example.org:8443"));
        instance.identity = Some(Identity::default());
        assert!(answers(&instance, TLS, "andon.example.org:8443"));
        assert!(answers(&instance, TLS, "Andon.example.org"));
        assert!(answers(&instance, TLS, "192.0.2.1:7070") && answers(&instance, TLS, "[2001:db8::1]:7070"));
        assert!(!answers(&instance, TLS, "evil.example"));
        assert!(!answers(&instance, TLS, "andon.example.org.evil.example"));
        // By way of a proxy that nobody has named.
        assert!(!answers(&instance, Origin::default(), "andon.example.org"));
    }

    #[test]
    fn another_scheme_is_another_site() {
        let from = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:7070".parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            refused(&Method::POST, "/", &headers, TLS, &Instance::default()).is_none()
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
