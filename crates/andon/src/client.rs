//! The way to a running Andon: read what it says, tell it what a person wants.

use std::path::PathBuf;
use std::time::Duration;

use andon_identity::Secret;
use andon_vocabulary::{Command, Receipt};
use clap::Args;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use crate::token;

const CONNECT: Duration = Duration::from_secs(2);
/// A query may read a lot; a command waits for one durable write.
const ANSWER: Duration = Duration::from_secs(30);

/// Which Andon is meant.
#[derive(Args, Clone, Debug)]
pub struct Server {
    /// The address of the server
    #[arg(long, env = "ANDON_SERVER", default_value = "http://127.0.0.1:7070", value_name = "URL")]
    #[arg(help_heading = "Server")]
    pub server: String,
    /// A file with the token to send; without it ANDON_TOKEN, or what `andon sign-in` kept
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub token_file: Option<PathBuf>,
}

/// Who speaks, and to which Andon.
#[derive(Args, Clone, Debug)]
pub struct Speaker {
    #[command(flatten)]
    pub server: Server,
    /// Who says so; without it, whoever is on call
    #[arg(long = "as", env = "ANDON_PERSON", value_name = "PERSON", help_heading = "Server")]
    pub person: Option<String>,
}

pub struct Client {
    base: Url,
    http: reqwest::Client,
    runtime: Runtime,
    /// What proves who speaks.
    token: Option<Secret>,
}

impl Server {
    pub fn at(server: String) -> Server {
        Server { server, token_file: None }
    }

    /// As whoever has signed in, where somebody has.
    pub fn connect(&self) -> Result<Client, Failure> {
        let client = self.anonymous()?;
        let token = token::of(&client.base, self.token_file.as_deref())?;
        Ok(Client { token, ..client })
    }

    /// As nobody.
    pub fn anonymous(&self) -> Result<Client, Failure> {
        let bad = |why: String| {
            Failure::usage(format!("{:?} is no address of a server: {why}", self.server))
                .hint("write it as http://127.0.0.1:7070")
        };
        let base = Url::parse(&self.server).map_err(|error| bad(error.to_string()))?;
        if base.cannot_be_a_base() {
            return Err(bad("it names no host".to_owned()));
        }
        let ours = |error: String| Failure::new(Exit::Unreachable, format!("cannot speak HTTP: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ours(error.to_string()))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .no_proxy()
            .build()
            .map_err(|error| ours(error.to_string()))?;
        Ok(Client { base, http, runtime, token: None })
    }

    /// What stands at a path.
    pub fn get(&self, path: &str) -> Result<Value, Failure> {
        self.connect()?.get(path, &[])
    }
}

impl Speaker {
    /// Says one thing and prints what it brought about.
    pub fn tell(&self, command: Command) -> Outcome {
        let client = self.server.connect()?;
        let receipt = client.tell(self.person.as_deref(), command)?;
        terminal::out(&receipt.done);
        if let Some(page) = client.page_of(&receipt) {
            terminal::out(page);
        }
        Ok(Exit::Well)
    }
}

impl Client {
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.get(url))
    }

    /// Each command gets an idempotency key of its own: said twice, it is meant twice.
    pub fn tell(&self, person: Option<&str>, command: Command) -> Result<Receipt, Failure> {
        let who = self.person(person)?;
        let body = json!({ "who": who, "via": "cli", "command": command });
        let request =
            self.http.post(self.url("/api/v1/andon/commands")).header("idempotency-key", fresh_key());
        let receipt = self.send(request.json(&body))?;
        serde_json::from_value(receipt).map_err(|error| {
            Failure::new(Exit::Unreachable, format!("the server's answer cannot be read: {error}"))
                .hint("use the andon of the same version as the server")
        })
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(self.http.post(self.url(path)).json(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(self.http.put(self.url(path)).json(body))
    }

    pub fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.send(self.http.delete(self.url(path)))
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whoever is named; else whoever the token is of; else whoever is on call.
    pub fn person(&self, named: Option<&str>) -> Result<String, Failure> {
        match (named, &self.token) {
            (Some(person), _) => Ok(person.to_owned()),
            (None, Some(_)) => self.own_name(),
            (None, None) => self.on_call(),
        }
    }

    /// Whoever the token is of; where nobody has to sign in, whoever is on call.
    fn own_name(&self) -> Result<String, Failure> {
        let me = self.get("/api/v1/andon/me", &[])?;
        me["handle"].as_str().map_or_else(|| self.on_call(), |handle| Ok(handle.to_owned()))
    }

    fn on_call(&self) -> Result<String, Failure> {
        let shifts = self.get("/api/v1/andon/oncall", &[])?;
        let people = shifts.as_array().into_iter().flatten().filter_map(|shift| shift["person"].as_str());
        people.map(str::to_owned).next().ok_or_else(|| {
            Failure::usage("nobody is on call, so it is not known who says this")
                .hint("say who you are: `--as NAME`, or set ANDON_PERSON")
        })
    }

    fn page_of(&self, receipt: &Receipt) -> Option<String> {
        let page = match (receipt.run, receipt.incident) {
            (Some(run), _) => format!("/runs/{run}"),
            (None, Some(incident)) => format!("/incidents/{incident}"),
            (None, None) => return None,
        };
        Some(self.url(&page).to_string())
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let (status, body) = self
            .runtime
            .block_on(async {
                let response = request.send().await?;
                Ok((response.status(), response.text().await?))
            })
            .map_err(|error| self.unreachable(&error))?;
        let body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut why: &dyn std::error::Error = error;
        while let Some(cause) = why.source() {
            why = cause;
        }
        Failure::new(Exit::Unreachable, format!("no answer from {}: {why}", self.base))
            .hint("start it with `andon up`, or name another with --server or ANDON_SERVER")
    }
}

/// Problem details (RFC 9457), or the form of an error that Prometheus uses.
fn refusal(status: StatusCode, body: &Value) -> Failure {
    let said = ["/detail", "/error"].iter().find_map(|pointer| body.pointer(pointer)?.as_str());
    let what = said.map_or_else(|| format!("the server answered {status}"), str::to_owned);
    let exit = if status.is_server_error() { Exit::Unreachable } else { Exit::Refused };
    Failure { exit, what, hint: body["hint"].as_str().map(str::to_owned) }
}

/// Unlike every other key, on whatever machine it is made: the operating system seeds each hasher.
fn fresh_key() -> String {
    use std::hash::{BuildHasher, RandomState};
    let word = || RandomState::new().hash_one(jiff::Timestamp::now().as_nanosecond());
    format!("cli-{:016x}{:016x}", word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ() {
        let keys: std::collections::BTreeSet<String> = (0..1000).map(|_| fresh_key()).collect();
        assert_eq!(keys.len(), 1000);
    }

    #[test]
    fn a_refusal_says_what_and_what_to_try() {
        let body = json!({ "detail": "there is no INC-9", "hint": "andon incidents lists what there is" });
        let refused = refusal(StatusCode::NOT_FOUND, &body);
        assert_eq!(
            refused.to_string(),
            "error: there is no INC-9\n  try: andon incidents lists what there is"
        );
        assert_eq!(refused.exit, Exit::Refused);
        let broken = refusal(StatusCode::SERVICE_UNAVAILABLE, &Value::String("oops".into()));
        assert_eq!(broken.exit, Exit::Unreachable);
    }
}
