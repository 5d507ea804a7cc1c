//! Signing in by a real provider of OpenID Connect, `oidc-provider` of npm, through every redirect and form of it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::house::root;
use crate::real::{self, Home};

/// Redirects between two pages.
const HOPS_MAX: usize = 12;

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn andon(home: &Home) -> (Running, String) {
    let mut child = home.spawn();
    let mut said = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said).expect("a line");
    let Some(url) = said.trim().strip_prefix("listening on ") else {
        let _ = child.kill();
        panic!("it did not start, but said {said:?}\n{}", home.log_text());
    };
    (Running(child), url.to_owned())
}

fn provider(modules: &Path, port: u16, back: &str) -> Running {
    let mut node = Command::new("node");
    node.arg(root().join("crates/andon/tests/it/identity/provider.mjs")).arg(modules);
    node.args([&port.to_string(), back]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = node.spawn().expect("node runs");
    let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
    let running = Running(child);
    let mut line = String::new();
    while line.trim() != "ready" {
        line.clear();
        assert!(said.read_line(&mut line).expect("text") > 0, "the provider ended");
    }
    // Whatever else it says, it must be able to.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    running
}

/// A browser without a screen: its cookies, and the page that it is at.
struct Browser {
    jar: PathBuf,
    at: String,
    status: u16,
    page: String,
    /// Every address that it was sent to.
    hops: Vec<String>,
}

impl Browser {
    fn new(home: &Home, name: &str) -> Browser {
        let jar = home.ops().join(format!("../{name}.jar"));
        Browser { jar, at: String::new(), status: 0, page: String::new(), hops: Vec::new() }
    }

    /// Asks once: where it is sent to, if it is.
    fn ask(&mut self, url: &str, form: Option<&str>) -> Option<String> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cookie-jar"])
            .arg(&self.jar);
        curl.arg("--cookie").arg(&self.jar).args(["--write-out", "\n%{http_code} %{redirect_url}"]);
        if let Some(form) = form {
            curl.args(["--data", form]);
        }
        let output = curl.arg(url).output().expect("curl runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (page, last) = said.rsplit_once('\n').expect("a line of curl's");
        let (status, to) = last.split_once(' ').expect("a status");
        self.at = url.to_owned();
        self.status = status.parse().expect("a number");
        self.page = page.to_owned();
        Some(to.to_owned()).filter(|to| !to.is_empty())
    }

    /// Follows wherever it is sent.
    fn go(&mut self, url: &str, form: Option<&str>) {
        let mut next = self.ask(url, form);
        for _ in 0..HOPS_MAX {
            let Some(to) = next else { return };
            self.hops.push(to.clone());
            next = self.ask(&to, None);
        }
        panic!("it is sent around: {:?}", self.hops);
    }

    /// From Andon's sign-in page to the provider, through its two forms, and back.
    fn sign_in(&mut self, andon: &str, name: &str) {
        self.go(&format!("{andon}/sign-in/elsewhere?next=/alerts"), None);
        assert!(
            self.at.contains("/interaction/") && self.status == 200,
            "{} {}: {}",
            self.at,
            self.status,
            self.page
        );
        let login = format!("prompt=login&login={name}&password=any");
        self.go(&self.at.clone(), Some(&login));
        assert!(self.at.contains("/interaction/"), "{}: {}", self.at, self.page);
        self.go(&self.at.clone(), Some("prompt=consent"));
    }
}

fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).expect("an end").0.to_owned()
}

#[test]
fn people_sign_in_by_a_real_provider() {
    let modules = std::env::var_os("ANDON_OIDC_PROVIDER").map(PathBuf::from);
    let Some(modules) = modules else {
        // It comes from npm, which is not everywhere, as axe-core does: `.ci/run` sets it where it can.
        eprintln!(
            "SKIPPED: ANDON_OIDC_PROVIDER names no directory in which `npm install oidc-provider` was run"
        );
        return;
    };
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: shop }}\nspec:\n  identity:\n    oidc:\n      \
         issuer: http://127.0.0.1:{port}\n      client_id: andon\n      client_secret: secret:file/client\n      \
         scopes: [profile, groups]\n      groups: {{ ops: admin }}\n      name: the house\n"
    );
    let home = Home::new([("instance.yaml", instance), ("client", "hush hush & hush\n".to_owned())]);
    drop(free);
    let (server, url) = andon(&home);
    let provider = provider(&modules, port, &format!("{url}/sign-in/back"));

    let mut ana = Browser::new(&home, "ana");
    ana.go(&format!("{url}/alerts"), None);
    assert!(ana.status == 401 && ana.page.contains("sign in by the house"), "{}", ana.page);
    ana.sign_in(&url, "ana");
    assert_eq!((ana.at.as_str(), ana.status), (&*format!("{url}/alerts"), 200), "{}", ana.page);
    ana.go(&format!("{url}/api/v1/andon/me"), None);
    assert!(ana.page.contains("\"ana\"") && ana.page.contains("admin"), "{}", ana.page);

    // The way back leads nowhere twice, nor in another's browser, nor with another's state.
    let back = ana.hops.iter().find(|hop| hop.contains("/sign-in/back?")).expect("the way back").clone();
    ana.ask(&back, None);
    assert!(
        ana.status == 400 && ana.page.contains("not begun by this browser"),
        "{} {}",
        ana.status,
        ana.page
    );
    let mut eve = Browser::new(&home, "eve");
    eve.ask(&back, None);
    assert_eq!(eve.status, 400);
    eve.ask(&format!("{url}/sign-in/elsewhere"), None);
    eve.ask(&back, None);
    assert_eq!(eve.status, 400);
    // A way back of her own, with a code that was used.
    let way = eve.ask(&format!("{url}/sign-in/elsewhere"), None).expect("the provider");
    let state = way.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).expect("a state");
    let code = back.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).expect("a code");
    eve.ask(&format!("{url}/sign-in/back?state={state}&code={code}"), None);
    assert!(eve.status == 403 && eve.page.contains("does not take the code"), "{} {}", eve.status, eve.page);
    // Nor does a next page lead to another house.
    eve.ask(&format!("{url}/sign-in/elsewhere?next=//evil.example"), None);
    assert!(!std::fs::read_to_string(&eve.jar).expect("cookies").contains("evil"));

    // Nothing is granted to ben.
    let mut ben = Browser::new(&home, "ben");
    ben.sign_in(&url, "ben");
    assert!(
        ben.status == 403 && ben.page.contains("nothing here is granted to ben"),
        "{} {}",
        ben.status,
        ben.page
    );
    ben.go(&format!("{url}/alerts"), None);
    assert_eq!(ben.status, 401);

    // The journal tells who came, by whom and from where; nothing tells a secret.
    ana.go(&format!("{url}/api/v1/andon/journal?limit=1000"), None);
    let journal = ana.page.clone();
    assert!(
        journal.contains(&format!("http://127.0.0.1:{port}")) && journal.contains("127.0.0.1\""),
        "{journal}"
    );
    // Whoever was turned away is there too: the first of an address, the tenth and so on.
    assert!(
        journal.contains("sign_in_refused") && journal.contains("not begun by this browser"),
        "{journal}"
    );
    for secret in ["hush", code, state] {
        assert!(!journal.contains(secret) && !home.log_text().contains(secret), "{secret} is told");
    }

    // Whoever signs out here is led to the provider's own page for it, and back.
    ana.go(&format!("{url}/"), None);
    let form = between(&ana.page, "name=\"form\" value=\"", "\"");
    ana.go(&format!("{url}/sign-out"), Some(&format!("form={form}&back=/")));
    assert!(ana.status == 200 && ana.page.contains("You are signed out of Andon"), "{}", ana.page);
    let way = between(&ana.page, "<a class=\"button primary\" href=\"", "\"").replace("&amp;", "&");
    assert!(way.starts_with(&format!("http://127.0.0.1:{port}/session/end?")), "{way}");
    // Somebody else's way back is told nothing.
    let state = between(&format!("{way}&"), "state=", "&");
    eve.go(&format!("{url}/sign-in/left?state={state}"), None);
    assert!(eve.status == 200 && !eve.page.contains("signed out"), "{}", eve.page);
    ana.go(&way, None);
    assert!(ana.status == 200 && ana.page.contains("op.logoutForm"), "{} {}", ana.status, ana.page);
    let xsrf = between(&ana.page, "name=\"xsrf\" value=\"", "\"");
    ana.go(&format!("http://127.0.0.1:{port}/session/end/confirm"), Some(&format!("xsrf={xsrf}&logout=yes")));
    assert!(
        ana.at == format!("{url}/sign-in") && ana.page.contains("of the house too"),
        "{} {}",
        ana.at,
        ana.page
    );
    ana.go(&format!("{url}/sign-in/elsewhere"), None);
    assert!(ana.at.contains("/interaction/"), "the provider asks who they are: {} {}", ana.at, ana.page);

    // Without the provider its button says so, and a password is asked for as ever.
    drop(provider);
    drop(server);
    let (_server, url) = andon(&home);
    real::wait("the page", Duration::from_secs(20), || {
        eve.ask(&format!("{url}/sign-in/elsewhere"), None);
        (eve.status == 503).then_some(())
    });
    assert!(
        eve.page.contains("the provider does not answer") && eve.page.contains("name=\"password\""),
        "{}",
        eve.page
    );
}
