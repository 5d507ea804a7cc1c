//! The receivers that the definitions name: those of a `prometheus.yml`, and the Instance's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use andon_definitions::Catalog;
use andon_definitions::instance::Addressed;
use andon_definitions::prometheus::{
    Authorization, BasicAuth, HeaderValues, HttpClient, Prometheus, Queue, RemoteWrite, Secret, Tls,
};
use andon_definitions::scalar::{SecretSource, Sensitive};
use andon_vocabulary::Labels;

/// One receiver, as the definitions want it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: String,
    pub receiver: RemoteWrite,
    pub external: Labels,
    /// Paths of credentials begin here.
    pub directory: PathBuf,
}

/// Reads a variable of the environment.
type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl Wanted {
    /// By name; or in words why one cannot be.
    pub fn all(
        catalog: &Catalog,
        directory: &Path,
        environment: &Environment<'_>,
    ) -> BTreeMap<String, Result<Wanted, String>> {
        let theirs = catalog.prometheus.as_deref();
        let theirs = theirs.into_iter().flat_map(|prometheus| {
            let one = move |receiver| Ok(Wanted::theirs(receiver, prometheus, directory, environment));
            prometheus.remote_write.iter().map(move |receiver| (receiver.called().to_owned(), one(receiver)))
        });
        let own = catalog.instance.remote_write.iter().map(|receiver| {
            let name = receiver.name().to_owned();
            (name.clone(), Wanted::own(name, receiver.addressed(), directory, environment))
        });
        theirs.chain(own).collect()
    }

    fn theirs(
        receiver: &RemoteWrite,
        prometheus: &Prometheus,
        directory: &Path,
        environment: &Environment<'_>,
    ) -> Wanted {
        Wanted {
            name: receiver.called().to_owned(),
            receiver: receiver.clone(),
            external: filled_in(&prometheus.external_labels, environment),
            directory: directory.join(&prometheus.directory),
        }
    }

    /// It gets everything that there is: histograms, exemplars, what metrics are.
    fn own(
        name: String,
        addressed: Addressed,
        directory: &Path,
        environment: &Environment<'_>,
    ) -> Result<Wanted, String> {
        let client = client(&addressed, environment)?;
        let labels = addressed.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(Wanted {
            external: Labels::new(labels),
            receiver: RemoteWrite {
                remote_timeout: addressed.timeout,
                send_exemplars: true,
                send_native_histograms: true,
                queue_config: Queue { retry_on_http_429: true, ..Queue::default() },
                client,
                ..RemoteWrite::to(&addressed.url)
            },
            name,
            directory: directory.to_owned(),
        })
    }
}

/// A secret in a file stays there, and is read when it is used.
fn client(addressed: &Addressed, environment: &Environment<'_>) -> Result<HttpClient, String> {
    let held = |text: &Sensitive| match text.source() {
        SecretSource::Plain(text) => Ok((Some(Secret(text.to_owned())), None)),
        SecretSource::File(path) => Ok((None, Some(path.to_owned()))),
        SecretSource::Env(name) => match environment(name) {
            Some(value) => Ok((Some(Secret(value)), None)),
            None => Err(format!("the environment of this Andon has no variable {name}")),
        },
    };
    let mut client = HttpClient {
        tls_config: Tls { ca_file: addressed.ca.clone(), ..Tls::default() },
        ..HttpClient::default()
    };
    if let (Some(username), Some(password)) = (&addressed.username, &addressed.password) {
        let (password, password_file) = held(password)?;
        let username = Some(username.clone());
        client.basic_auth = Some(BasicAuth { username, password, password_file, ..BasicAuth::default() });
    }
    if let Some(token) = &addressed.bearer {
        let (credentials, credentials_file) = held(token)?;
        let kind = "Bearer".to_owned();
        client.authorization = Some(Authorization { kind, credentials, credentials_file });
    }
    for (name, text) in &addressed.headers {
        let (secret, file) = held(text)?;
        let values = HeaderValues {
            secrets: secret.into_iter().collect(),
            files: file.into_iter().collect(),
            ..HeaderValues::default()
        };
        client.http_headers.insert(name.clone(), values);
    }
    Ok(client)
}

/// With what `$NAME` and `${NAME}` stand for; nothing for a variable that is not set. `$$` is a dollar.
fn filled_in(labels: &Labels, environment: &Environment<'_>) -> Labels {
    let filled = |text: &str| {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, behind) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                Some(braced) => braced,
                None if after.starts_with('$') => after.split_at(1),
                None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
            };
            match name {
                "$" => filled.push('$'),
                name => filled.push_str(&environment(name).unwrap_or_default()),
            }
            rest = behind;
        }
        filled + rest
    };
    labels.iter().map(|(name, value)| (name, filled(value))).collect()
}

#[cfg(test)]
mod tests {
    use andon_definitions::SourceFile;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "HOST_1").then(|| "web-1".to_owned())
    }

    #[test]
    fn external_labels_name_the_environment() {
        let filled = |value: &str| {
            let labels = filled_in(&Labels::new([("a", value)]), &environment);
            labels.get("a").unwrap_or_default().to_owned()
        };
        assert_eq!(filled("plain"), "plain");
        assert_eq!(filled("x-$HOST_1-${HOST_1}y"), "x-web-1-web-1y");
        assert_eq!(filled("$NONE$$5 ${NONE}."), "$5 .");
    }

    #[test]
    fn the_instance_has_receivers_of_its_own() {
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let instance = "
apiVersion: andon/v1
kind: Instance
metadata: { name: a }
spec:
  remote_write:
    - 'http://near/write'
    - { url: 'http://far/write', name: far, username: u, password: secret:file/p, ca: ca.pem, labels: { at: eu } }
    - { url: 'http://third/write', bearer: secret:env/HOST_1, headers: { X-Scope-OrgID: secret:env/NONE } }
";
        let theirs = "
global: { external_labels: { host: $HOST_1 } }
remote_write: [ { url: 'http://theirs/write', name: theirs } ]
";
        let (catalog, findings) =
            andon_definitions::load(&[file("a.yml", instance), file("sub/p.yml", theirs)]);
        assert_eq!(findings, []);
        let all = Wanted::all(&catalog, Path::new("/ops"), &environment);
        assert_eq!(
            all.keys().collect::<Vec<_>>(),
            ["far", "http://near/write", "http://third/write", "theirs"]
        );
        let near = all["http://near/write"].as_ref().unwrap();
        assert!(near.receiver.send_exemplars && near.receiver.queue_config.retry_on_http_429);
        assert_eq!(near.receiver.client, HttpClient::default());
        let far = all["far"].as_ref().unwrap();
        let auth = far.receiver.client.basic_auth.as_ref().unwrap();
        assert_eq!((auth.password_file.as_deref(), far.external.get("at")), (Some("p"), Some("eu")));
        assert_eq!(far.receiver.client.tls_config.ca_file.as_deref(), Some("ca.pem"));
        let why = all["http://third/write"].as_ref().unwrap_err();
        assert!(why.contains("no variable NONE"), "{why}");
        let theirs = all["theirs"].as_ref().unwrap();
        assert_eq!((theirs.external.get("host"), &*theirs.directory), (Some("web-1"), Path::new("/ops/sub")));
    }
}
