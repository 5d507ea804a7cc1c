//! As much of WebDriver as a test needs to be a person at a browser: Chromium without a window, and a profile that is
//! thrown away.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::may_skip;
use crate::prometheus_api::peer::binary;
use crate::real::{http, within};

pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";
pub const ESCAPE: &str = "\u{E00C}";
pub const DOWN: &str = "\u{E015}";

const PATIENCE: Duration = Duration::from_secs(30);
/// How WebDriver calls an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1440,900",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Light,
    Dark,
}

/// A browser with one page open; dropped, it is gone.
pub struct Browser {
    driver: Child,
    at: SocketAddr,
    session: String,
    site: SocketAddr,
    /// The driver goes on talking, and would stop if nobody could hear it.
    _says: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Browser {
    /// None where there is no Chromium and nobody insists.
    pub fn open(site: SocketAddr) -> Option<Browser> {
        let (Some(chromium), Some(chromedriver)) =
            (binary("CHROMIUM", "chromium"), binary("CHROMEDRIVER", "chromedriver"))
        else {
            assert!(may_skip("there is no chromium with a chromedriver"));
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut says = BufReader::new(driver.stdout.take().expect("it is piped"));
        let at = SocketAddr::from(([127, 0, 0, 1], port(&mut says)));
        let mut browser =
            Browser { driver, at, session: String::new(), site, _says: says, _profile: profile };
        let directory = format!("--user-data-dir={}", browser._profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([&*directory]).collect();
        let mut options = json!({ "args": flags });
        // The driver finds the one on the PATH by itself, but no other by its name alone.
        if chromium.contains('/') {
            options["binary"] = chromium.into();
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.command("POST", "/session", &wanted)["sessionId"].clone();
        browser.session = format!("/session/{}", session.as_str().expect("a session"));
        Some(browser)
    }

    #[track_caller]
    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.attempt(method, path, body).unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    /// A page that freshens itself may replace an element between its being found and its being used: it is found anew.
    #[track_caller]
    fn with_element(&self, css: &str, deed: &str, body: &Value) {
        let mut last = String::new();
        let done = within(PATIENCE, || {
            match self.attempt("POST", &format!("/element/{}/{deed}", self.element(css)), body) {
                Ok(_) => Some(()),
                Err(why) if why.contains("stale element") => {
                    last = why;
                    None
                }
                Err(why) => panic!("{css}: {why}"),
            }
        });
        assert!(done.is_some(), "{css}: {last}");
    }

    fn attempt(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let path = format!("{}{path}", self.session);
        let headers = [("content-type", "application/json")];
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let (status, answer) =
            http::request(self.at, method, &path, &headers, &body).expect("the driver answers");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        match status {
            200 => Ok(answer["value"].clone()),
            _ => Err(answer["value"]["message"].to_string()),
        }
    }

    #[track_caller]
    pub fn go(&self, path: &str) {
        self.command("POST", "/url", &json!({ "url": format!("http://{}{path}", self.site) }));
    }

    #[track_caller]
    pub fn reload(&self) {
        self.command("POST", "/refresh", &json!({}));
    }

    /// Path and query.
    #[track_caller]
    pub fn address(&self) -> String {
        let value = self.run("return location.pathname + location.search");
        value.as_str().expect("text").to_owned()
    }

    /// What a script returns.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a script's promise comes to.
    #[track_caller]
    pub fn promise(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, (error) => done(String(error)))"
        );
        self.command("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Asks an expression of the page until it is true.
    #[track_caller]
    pub fn wait(&self, what: &str, expression: &str) {
        let script = format!("return !!({expression})");
        if within(PATIENCE, || (self.run(&script) == true).then_some(())).is_none() {
            let shown = self.run("return document.querySelector('main')?.innerText");
            panic!("waited in vain for {what}; {:?}; the page says: {shown}", self.complaints());
        }
    }

    /// The text that is shown of the first element that fits.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let value = self.run(&format!("return document.querySelector({})?.innerText", json!(css)));
        value.as_str().unwrap_or_else(|| panic!("there is no {css}")).to_owned()
    }

    #[track_caller]
    fn element(&self, css: &str) -> String {
        let found = self.command("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Presses keys, one after the other.
    #[track_caller]
    pub fn press(&self, css: &str, keys: &str) {
        self.with_element(css, "value", &json!({ "text": keys }));
    }

    /// Moves the pointer over an element, `shares` of its half width to the right of its middle; with the button down
    /// from the first to the last.
    #[track_caller]
    pub fn drag(&self, css: &str, shares: &[f64]) {
        self.point(css, shares, true);
    }

    #[track_caller]
    pub fn hover(&self, css: &str, share: f64) {
        self.point(css, &[share], false);
    }

    #[track_caller]
    fn point(&self, css: &str, shares: &[f64], pressed: bool) {
        self.run(&format!(
            "document.querySelector({}).scrollIntoView({{ block: 'center', behavior: 'instant' }})",
            json!(css)
        ));
        let rect = self
            .run(&format!("return document.querySelector({}).getBoundingClientRect().toJSON()", json!(css)));
        let side = |name: &str| rect[name].as_f64().expect("a number");
        let y = (side("top") + side("height") / 2.0).round();
        let mut steps = Vec::new();
        for (number, share) in shares.iter().enumerate() {
            let x = (side("left") + side("width") / 2.0 * (1.0 + share)).round();
            steps.push(json!({ "type": "pointerMove", "duration": 50, "x": x, "y": y }));
            if pressed && number == 0 {
                steps.push(json!({ "type": "pointerDown", "button": 0 }));
            }
        }
        if pressed {
            steps.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        let pointer = json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": steps });
        self.command("POST", "/actions", &json!({ "actions": [pointer] }));
    }

    /// As wide as this, in this light, from the next page on.
    #[track_caller]
    pub fn appear(&self, width: u32, light: Light) {
        let scheme = if light == Light::Dark { "dark" } else { "light" };
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        let media = json!({ "features": [ { "name": "prefers-color-scheme", "value": scheme } ] });
        for (name, params) in [("setDeviceMetricsOverride", metrics), ("setEmulatedMedia", media)] {
            let body = json!({ "cmd": format!("Emulation.{name}"), "params": params });
            self.command("POST", "/goog/cdp/execute", &body);
        }
    }

    /// From the next page on no script of a page runs; what a test asks still does.
    #[track_caller]
    pub fn forbid_scripts(&self) {
        let body = json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": { "value": true } });
        self.command("POST", "/goog/cdp/execute", &body);
    }

    /// As a person does: it is scrolled into view, and the page that follows is waited for.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.with_element(css, "click", &json!({}));
    }

    /// Until these words can be read.
    #[track_caller]
    pub fn reads(&self, words: &[&str]) {
        let shown = || self.text("body");
        let missing = |shown: &str| words.iter().find(|word| !shown.contains(**word)).copied();
        let all = within(PATIENCE, || missing(&shown()).is_none().then_some(()));
        let shown = shown();
        assert!(all.is_some(), "{:?} cannot be read at {}: {shown}", missing(&shown), self.address());
    }

    /// Errors on the console since it was last asked.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.into_iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Where a driver listens that was free to choose.
fn port(says: &mut impl BufRead) -> u16 {
    for line in says.lines() {
        let line = line.expect("text");
        if let Some(port) = line.strip_prefix("ChromeDriver was started successfully on port ") {
            return port.trim_end_matches('.').parse().expect("a port");
        }
    }
    panic!("the driver ended before it said where it listens");
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; if the driver does not hear this any more, neither does it hold one.
        if !self.session.is_empty() {
            let _ = http::request(self.at, "DELETE", &self.session, &[], "");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
