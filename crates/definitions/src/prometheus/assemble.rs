//! From the files as written to one set of settings, and what is wrong with them beyond their shape.

use std::collections::BTreeMap;

use super::client::{HttpClient, TlsVersion};
use super::file::File;
use super::job::{Job, PROTOCOLS, Protocol};
use super::remote::RemoteWrite;
use super::scrape::{Escaping, NameRule, ScrapeConfig};
use super::{Prometheus, RecordKind};
use crate::origin::Origin;
use crate::relabel::{RelabelRule, Relabeling};

/// One file, and what the book calls it.
pub(crate) struct Written {
    pub definition: String,
    pub origin: Origin,
    pub file: File,
}

/// Something that cannot be: where, as definition and pointer, and what.
pub(crate) struct Fault {
    pub definition: String,
    pub pointer: String,
    pub code: &'static str,
    pub message: String,
}

/// Headers that belong to the request itself.
const RESERVED: [&str; 12] = [
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
];

impl Prometheus {
    /// `main` is the `prometheus.yml` itself, `others` the files of scrape configs that it names.
    pub(crate) fn assemble(main: &Written, others: &[Written]) -> (Prometheus, Vec<Fault>) {
        let mut faults = Faults { definition: main.definition.clone(), found: Vec::new() };
        let global = &main.file.global;
        if *global.scrape_timeout > *global.interval() {
            faults.add("/global/scrape_timeout", "conflict", LATE);
        }
        faults.protocols("/global/scrape_protocols", global.scrape_protocols.as_deref());
        for (list, patterns) in
            [("rule_files", &main.file.rule_files), ("scrape_config_files", &main.file.scrape_config_files)]
        {
            for (at, pattern) in patterns.iter().enumerate() {
                if !is_pattern(pattern) {
                    let message = format!("`{pattern}` is no path: a `*` may stand in its last part only");
                    faults.add(&format!("/{list}/{at}"), "wrong-value", message);
                }
            }
        }
        faults.remote_write(&main.file.remote_write);

        let mut jobs = Vec::new();
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        for written in [main].into_iter().chain(others) {
            faults.definition.clone_from(&written.definition);
            let directory = parent(&written.origin.file);
            for (at, config) in written.file.scrape_configs.iter().enumerate() {
                let pointer = format!("/scrape_configs/{at}");
                if let Some(first) = named.insert(&config.job_name, &written.origin.file) {
                    let message = format!("a job is called `{}` already, in {first}", config.job_name);
                    faults.add(&format!("{pointer}/job_name"), "duplicate", message);
                    continue;
                }
                let job = Job::of(config, global, directory);
                faults.job(&pointer, config, &job, global.metric_name_validation_scheme);
                jobs.push(job);
            }
        }
        let prometheus = Prometheus {
            origin: main.origin.clone(),
            directory: parent(&main.origin.file).to_owned(),
            evaluation_interval: global.evaluation_interval(),
            rule_query_offset: global.rule_query_offset,
            external_labels: global.external_labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
            rule_files: main.file.rule_files.clone(),
            jobs,
            remote_write: main.file.remote_write.clone(),
            storage: main.file.storage.clone(),
        };
        (prometheus, faults.found)
    }
}

const LATE: &str = "a scrape cannot take longer than the time to the next";

/// What cannot be with a client: where, what kind of finding, and why.
pub(crate) fn client_faults(
    at: &str,
    client: &HttpClient,
) -> impl Iterator<Item = (String, &'static str, String)> {
    let mut faults = Faults { definition: String::new(), found: Vec::new() };
    faults.client(at, client);
    faults.found.into_iter().map(|fault| (fault.pointer, fault.code, fault.message))
}

struct Faults {
    definition: String,
    found: Vec<Fault>,
}

impl Faults {
    fn add(&mut self, pointer: &str, code: &'static str, message: impl Into<String>) {
        let (definition, pointer) = (self.definition.clone(), pointer.to_owned());
        self.found.push(Fault { definition, pointer, code, message: message.into() });
    }

    fn job(&mut self, at: &str, written: &ScrapeConfig, job: &Job, names: Option<NameRule>) {
        if job.name.is_empty() {
            self.add(&format!("{at}/job_name"), "no-value", "a job needs a name");
        }
        if job.timeout > job.interval {
            self.add(&format!("{at}/scrape_timeout"), "conflict", LATE);
        }
        self.protocols(&format!("{at}/scrape_protocols"), written.scrape_protocols.as_deref());
        let legacy = written.metric_name_validation_scheme.or(names) == Some(NameRule::Legacy);
        if legacy && job.escaping == Escaping::AllowUtf8 {
            let message = "names of any text cannot be asked for where only legacy ones are valid";
            self.add(&format!("{at}/metric_name_escaping_scheme"), "conflict", message);
        }
        self.relabeling(&format!("{at}/relabel_configs"), &job.relabel);
        self.relabeling(&format!("{at}/metric_relabel_configs"), &job.metric_relabel);
        self.client(at, &job.client);
        if job.relabel.is_empty() {
            for (group, found) in job.discovery.static_configs.iter().enumerate() {
                for (target, address) in found.targets.iter().enumerate() {
                    if address.contains('/') {
                        let pointer = format!("{at}/static_configs/{group}/targets/{target}");
                        let message = format!(
                            "`{address}` is not HOST:PORT; the path belongs in `metrics_path`, https in `scheme`"
                        );
                        self.add(&pointer, "wrong-value", message);
                    }
                }
            }
        }
        for (found, dns) in job.discovery.dns_sd_configs.iter().enumerate() {
            if dns.kind != RecordKind::Srv && dns.port == 0 {
                let message = "a `port` is needed: only SRV records have their own";
                self.add(&format!("{at}/dns_sd_configs/{found}"), "missing-key", message);
            }
        }
        for (found, http) in job.discovery.http_sd_configs.iter().enumerate() {
            self.client(&format!("{at}/http_sd_configs/{found}"), &http.client);
        }
    }

    fn protocols(&mut self, at: &str, protocols: Option<&[Protocol]>) {
        let Some(protocols) = protocols else { return };
        if protocols.is_empty() {
            let known = PROTOCOLS.len() + 1;
            self.add(at, "too-few", format!("at least one of the {known} protocols is needed here"));
        }
        for (index, protocol) in protocols.iter().enumerate() {
            if protocols[..index].contains(protocol) {
                self.add(&format!("{at}/{index}"), "duplicate", "this protocol is here twice");
            }
        }
    }

    fn relabeling(&mut self, at: &str, rules: &[RelabelRule]) {
        for (index, rule) in rules.iter().enumerate() {
            if let Err((_, why)) = Relabeling::new(std::slice::from_ref(rule)) {
                self.add(&format!("{at}/{index}"), "wrong-value", why);
            }
        }
    }

    fn remote_write(&mut self, receivers: &[RemoteWrite]) {
        for (index, receiver) in receivers.iter().enumerate() {
            let at = format!("/remote_write/{index}");
            let same = |other: &RemoteWrite| !other.name.is_empty() && other.name == receiver.name;
            if receivers[..index].iter().any(same) {
                let message = format!("a receiver is called `{}` already", receiver.name);
                self.add(&format!("{at}/name"), "duplicate", message);
            }
            self.headers(&format!("{at}/headers"), receiver.headers.keys());
            self.relabeling(&format!("{at}/write_relabel_configs"), &receiver.write_relabel_configs);
            self.client(&at, &receiver.client);
            let queue = &receiver.queue_config;
            if queue.max_samples_per_send == 0 || queue.capacity == 0 || queue.max_shards == 0 {
                let message = "a queue without room sends nothing: these numbers must not be 0";
                self.add(&format!("{at}/queue_config"), "out-of-range", message);
            }
        }
    }

    fn headers<'a>(&mut self, at: &str, names: impl Iterator<Item = &'a String>) {
        for name in names {
            if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
                let message = format!("the header `{name}` is set by other keys, or by the request itself");
                self.add(&format!("{at}/{}", crate::book::escape(name)), "conflict", message);
            }
        }
    }

    fn client(&mut self, at: &str, client: &HttpClient) {
        let ways = [
            ("basic_auth", client.basic_auth.is_some()),
            ("authorization", client.authorization.is_some()),
            ("bearer_token", client.bearer_token.is_some()),
            ("bearer_token_file", client.bearer_token_file.is_some()),
            ("oauth2", client.oauth2.is_some()),
        ];
        let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|(way, _)| *way).collect();
        if given.len() > 1 {
            let message = format!("{} exclude each other", crate::suggest::list(&given));
            self.add(&format!("{at}/{}", given[1]), "conflict", message);
        }
        let mut either = |pointer: &str, a: (&str, bool), b: (&str, bool)| {
            if a.1 && b.1 {
                let message = format!("`{}` and `{}` exclude each other", a.0, b.0);
                self.add(&format!("{at}/{pointer}"), "conflict", message);
            }
        };
        if let Some(auth) = &client.basic_auth {
            let (plain, file) = (auth.username.is_some(), auth.username_file.is_some());
            either("basic_auth", ("username", plain), ("username_file", file));
            let (plain, file) = (auth.password.is_some(), auth.password_file.is_some());
            either("basic_auth", ("password", plain), ("password_file", file));
        }
        if let Some(auth) = &client.authorization {
            let (plain, file) = (auth.credentials.is_some(), auth.credentials_file.is_some());
            either("authorization", ("credentials", plain), ("credentials_file", file));
        }
        let tls = &client.tls_config;
        either("tls_config", ("ca", tls.ca.is_some()), ("ca_file", tls.ca_file.is_some()));
        either("tls_config", ("cert", tls.cert.is_some()), ("cert_file", tls.cert_file.is_some()));
        either("tls_config", ("key", tls.key.is_some()), ("key_file", tls.key_file.is_some()));
        let proxy = client.proxy_url.is_some();
        either("proxy_url", ("proxy_url", proxy), ("proxy_from_environment", client.proxy_from_environment));
        if client.authorization.as_ref().is_some_and(|auth| auth.kind.trim().eq_ignore_ascii_case("basic")) {
            self.add(&format!("{at}/authorization/type"), "wrong-value", "write `basic_auth` for that");
        }
        if (tls.cert.is_some() || tls.cert_file.is_some()) != (tls.key.is_some() || tls.key_file.is_some()) {
            self.add(&format!("{at}/tls_config"), "conflict", "a certificate and its key belong together");
        }
        if tls.max_version.is_some_and(|version| version < TlsVersion::Tls12) {
            let message = "nothing would be left to speak: Andon knows TLS 1.2 and 1.3";
            self.add(&format!("{at}/tls_config/max_version"), "wrong-value", message);
        }
        if client.no_proxy.is_some() && client.proxy_url.is_none() {
            self.add(&format!("{at}/no_proxy"), "conflict", "`no_proxy` needs a `proxy_url`");
        }
        self.headers(&format!("{at}/http_headers"), client.http_headers.keys());
    }
}

/// At most one `*`, in the last part of the path.
pub(crate) fn is_pattern(text: &str) -> bool {
    match text.split_once('*') {
        Some((_, rest)) => !rest.contains('/') && !rest.contains('*'),
        None => true,
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
