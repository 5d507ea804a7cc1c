//! Tricks that lead elsewhere, by servers that play them.

use std::sync::Arc;

use reqwest::Client;

use super::*;
use crate::http::{far_client, in_words, near_client};
use crate::loopback::{Manner, install_tls, server};

#[test]
fn a_name_never_leads_to_where_credentials_are_kept() {
    let addresses = |of: &[&str]| {
        let found = of.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 0));
        allowed(found).map(|allowed| allowed.len()).map_err(|error| error.to_string())
    };
    assert_eq!(addresses(&["10.0.0.1", "::1", "127.0.0.1"]), Ok(3));
    assert_eq!(addresses(&["10.0.0.1", "169.254.169.254"]), Ok(1));
    for trick in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254"] {
        assert!(addresses(&[trick]).is_err_and(|why| why.contains("link-local")), "{trick}");
    }
    assert_eq!(addresses(&[]), Ok(0));
}

/// However it is written.
const TRICKS: [&str; 12] = [
    "http://169.254.169.254/latest/meta-data",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fe80::1]/",
    "http://user@169.254.169.254:80/",
    "http://\u{ff11}69.254.169.254/",
    "http://169\u{3002}254\u{3002}169\u{3002}254/",
];

#[test]
fn an_address_is_known_however_it_is_written() {
    for trick in TRICKS {
        let why = may_be_asked(trick).unwrap_err();
        assert!(why.contains("link-local"), "{trick}: {why}");
        assert!(may_be_trusted(&trick.replace("http:", "https:")).is_err(), "{trick}");
    }
    for well in ["http://127.0.0.1:9093/", "http://10.0.0.1/", "https://example.org/169.254.169.254"] {
        assert!(may_be_asked(well).is_ok(), "{well}");
    }
    for (url, is_well) in [
        ("https://example.org/", true),
        ("http://[::1]:1/", true),
        ("http://localhost/", true),
        ("http://example.org/", false),
        ("http://localhost.example.org/", false),
        ("file:///etc/passwd", false),
        ("gopher://127.0.0.1/", false),
    ] {
        assert_eq!(may_be_trusted(url).is_ok(), is_well, "{url}");
    }
}

async fn said(client: &Client, url: &str) -> Result<u16, String> {
    match client.post(url).body("page").send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => Err(in_words(&error)),
    }
}

#[tokio::test]
async fn no_redirect_leads_there_however_many_it_takes() {
    let client = near_client().unwrap();
    for trick in TRICKS {
        let (last, _asked) = server(Manner::Redirect(307, trick.to_owned())).await;
        let (first, _asked) = server(Manner::Redirect(302, format!("http://{last}/"))).await;
        for from in [&last, &first] {
            let why = said(&client, &format!("http://{from}/")).await.unwrap_err();
            assert!(why.contains("not followed") && why.contains("link-local"), "{trick}: {why}");
        }
    }
}

#[tokio::test]
async fn a_redirect_from_elsewhere_does_not_lead_to_this_machine() {
    let (target, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let port = target.rsplit(':').next().unwrap().to_owned();
    for here in
        ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"].map(|host| format!("{host}:{port}"))
    {
        let (elsewhere, _asked) = server(Manner::Redirect(307, format!("http://{here}/-/reload"))).await;
        // A name that is not this machine's, played by this machine.
        install_tls();
        let at: SocketAddr = elsewhere.parse().unwrap();
        let client = Follow::Asking(3).guard(Client::builder()).no_proxy().resolve("hooks.example", at);
        let url = format!("http://hooks.example:{}/", at.port());
        let why = said(&client.build().unwrap(), &url).await.unwrap_err();
        assert!(why.contains("leads to this machine"), "{here}: {why}");
        assert!(asked.try_recv().is_err(), "{here} was asked");
        // One that the operator has named on this machine may lead to another one here.
        assert_eq!(said(&near_client().unwrap(), &format!("http://{elsewhere}/")).await, Ok(200), "{here}");
        assert!(asked.try_recv().is_ok());
    }
}

/// Every name is this machine's, as DNS has it.
struct AllHere(Names);

impl Resolve for AllHere {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.found(name.as_str(), vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        Box::pin(async move { Ok(Box::new(found?.into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn nor_by_a_name_that_resolves_here() {
    install_tls();
    let (target, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let trap = format!("http://Trap.example:{}/", target.rsplit(':').next().unwrap());
    let (elsewhere, _asked) = server(Manner::Redirect(307, trap.clone())).await;
    let at: SocketAddr = elsewhere.parse().unwrap();
    let names = Names::default();
    let client = Client::builder()
        .no_proxy()
        .redirect(Follow::Asking(3).policy(names.clone()))
        .dns_resolver(AllHere(names.clone()))
        .resolve("hooks.example", at)
        .build()
        .unwrap();
    let (hook, own) =
        (format!("http://hooks.example:{}/", at.port()), format!("http://own.example:{}/", at.port()));
    for _ in 0..2 {
        let why = said(&client, &hook).await.unwrap_err();
        assert!(why.contains("leads to this machine"), "{why}");
        assert!(asked.try_recv().is_err());
    }
    // A name of the definitions' own that is this machine's may lead to another.
    names.forget();
    assert_eq!(said(&client, &own).await, Ok(200));
    assert_eq!(said(&client, &trap).await, Ok(200));
    // And a connection that is open for it opens no door to others.
    assert!(said(&client, &hook).await.unwrap_err().contains("leads to this machine"));
}

#[tokio::test]
async fn a_mail_server_is_not_where_credentials_are_kept() {
    assert_eq!(places("127.0.0.1").await, Ok(vec![IpAddr::from([127, 0, 0, 1])]));
    for trick in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1"] {
        assert!(places(trick).await.unwrap_err().contains("link-local"), "{trick}");
    }
}

#[tokio::test]
async fn what_is_sent_is_not_called_taken_by_who_was_never_told() {
    let sends = Follow::Sending(3).guard(Client::builder()).no_proxy().build().unwrap();
    for (status, expected) in [(301, 301), (302, 302), (303, 303), (307, 200), (308, 200)] {
        let (target, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
        let (first, _asked) = server(Manner::Redirect(status, format!("http://{target}/"))).await;
        assert_eq!(said(&sends, &format!("http://{first}/")).await, Ok(expected), "{status}");
        let told = asked.try_recv().ok().filter(|asked| asked.ends_with("page"));
        assert_eq!(told.is_some(), expected == 200, "{status}");
    }
    // People's channels are never led on.
    let (first, _asked) = server(Manner::Redirect(307, "http://127.0.0.1:1/".to_owned())).await;
    assert_eq!(said(&far_client().unwrap(), &format!("http://{first}/")).await, Ok(307));
}

#[tokio::test]
async fn a_ring_of_redirects_ends() {
    let (ring, mut asked) = server(Manner::Redirect(307, "/again".to_owned())).await;
    let why = said(&near_client().unwrap(), &format!("http://{ring}/")).await.unwrap_err();
    assert!(why.contains("more than 3 redirects"), "{why}");
    let mut times = 0;
    while asked.try_recv().is_ok() {
        times += 1;
    }
    assert_eq!(times, 4);
}

/// What is checked is what is connected to: the name is resolved once, by the client's own resolver.
#[tokio::test]
async fn a_name_that_changes_its_mind_is_held_to_what_was_checked() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Harmless when first asked, and a trick from then on.
    struct Rebinding(Arc<AtomicUsize>, SocketAddr);
    impl Resolve for Rebinding {
        fn resolve(&self, _name: Name) -> Resolving {
            let trick = SocketAddr::from(([169, 254, 169, 254], 0));
            let said = if self.0.fetch_add(1, Ordering::Relaxed) == 0 { self.1 } else { trick };
            Box::pin(async move { Ok(Box::new(allowed([said].into_iter())?.into_iter()) as Addrs) })
        }
    }
    let (well, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let at: SocketAddr = well.parse().unwrap();
    let times = Arc::new(AtomicUsize::new(0));
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
    let client = client.dns_resolver(Arc::new(Rebinding(times.clone(), at))).build().unwrap();
    let url = format!("http://rebind.example:{}/", at.port());
    assert_eq!(said(&client, &url).await, Ok(200));
    assert!(asked.try_recv().is_ok());
    assert_eq!(times.load(Ordering::Relaxed), 1, "resolved once, and connected to what was found");
    assert!(said(&client, &url).await.unwrap_err().contains("link-local"));
}
