//! Beyond this machine: what may be listened on, and what a proxy in front of it is believed.

use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::house::andon;
use crate::real::Home;

const PROXIED: &str = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec:\n  identity: {}\n  \
    trusted_proxies: [127.0.0.1]\n  external_url: https://andon.example.org\n";

#[test]
fn nothing_listens_beyond_this_machine_that_anybody_could_use_or_read() {
    let spec = |more: &str| {
        format!(
            "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: shop }}\nspec: {{ listen: '192.0.2.1:7070'{more} }}\n"
        )
    };
    let home = Home::new([("instance.yaml", spec(""))]);
    let check = || {
        let output = andon().arg("check").arg(home.ops()).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for (more, why) in [
        (
            "",
            "error[exposed]: 192.0.2.1:7070 can be reached from other machines, and nobody has to say who they are",
        ),
        (", identity: {}", "passwords would travel in the clear"),
        (", identity: {}, trusted_proxies: [192.0.2.0/24]", "by which name people reach it"),
        (", trusted_proxies: [192.0.2.0/24]", "nobody behind a proxy is answered"),
        (", trusted_proxies: ['0.0.0.0/0']", "is no address such as"),
        (
            ", identity: {}, trusted_proxies: [10.0.0.1], external_url: 'http://andon'",
            "begin it with https://",
        ),
        (
            ", identity: { oidc: { issuer: 'http://id.example', client_id: a } }",
            "is no provider to be trusted",
        ),
        (
            ", identity: { oidc: { issuer: 'https://id.example', client_id: a, groups: { ops: root } } }",
            "is no role",
        ),
        (
            ", identity: { oidc: { issuer: 'https://id.example', client_id: a, groups: { ops: 'responder:shop' } } }",
            "no team is called `shop`",
        ),
    ] {
        home.write("instance.yaml", &spec(more));
        assert!(check().contains(why), "{more}: {}", check());
    }
    home.write(
        "instance.yaml",
        &spec(", identity: {}, trusted_proxies: [10.0.0.1], external_url: 'https://andon'"),
    );
    assert!(check().starts_with("well"), "{}", check());
    // Whatever the command line says instead, too.
    home.write("instance.yaml", "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec: {}\n");
    let mut serve = home.andon();
    let output =
        serve.arg("serve").arg(home.ops()).args(["--listen", "0.0.0.0:0"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("add `identity: {}`"), "{said}");
}

#[test]
fn a_trusted_proxy_says_who_asks_and_how() {
    let home = Home::new([("instance.yaml", PROXIED.to_owned())]);
    let mut child = home.spawn();
    let mut said = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said).expect("a line");
    let url = said.trim().trim_start_matches("listening on ").to_owned();
    let ask = |path: &str, headers: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--include", "--max-time", "10", "--noproxy", "*"]);
        for header in headers {
            curl.args(["--header", header]);
        }
        let output = curl.arg(format!("{url}{path}")).output().expect("curl runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (host, from) = ("host: andon.example.org", "x-forwarded-for: 198.51.100.1, 192.0.2.7");
    let https = "x-forwarded-proto: https";

    let page = ask("/sign-in", &[host, from, https]);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("; Secure"), "{page}");
    let unknown = ask("/api/v1/andon/alerts", &[host, from, https]);
    assert!(unknown.starts_with("HTTP/1.1 401"), "{unknown}");
    for (headers, why) in [
        (&[host, from][..], "X-Forwarded-Proto: https"),
        (&[host, from, "x-forwarded-proto: http"], "X-Forwarded-Proto: https"),
        (&[host], "does not answer to the host"),
        (&["host: evil.example", from, https], "does not answer to the host"),
    ] {
        let refused = ask("/api/v1/andon/alerts", headers);
        assert!(refused.starts_with("HTTP/1.1 403") && refused.contains(why), "{headers:?}: {refused}");
    }
    let well = ask("/-/healthy", &[from]);
    assert!(well.starts_with("HTTP/1.1 200"), "{well}");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}
