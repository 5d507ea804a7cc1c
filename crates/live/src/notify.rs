//! Telling the receivers of an `alertmanager.yml`: one notification to one integration, and what became of it.
//!
//! Nothing is called sent before the provider said so. Each has its own time limit, and waits for no other.

mod server;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use andon_cycle::State;
use andon_definitions::alertmanager::receiver::Kind;
use andon_definitions::alertmanager::{Alertmanager, Integration};
use andon_respond::receiver::{self, Content, Provider, compose};
use andon_vocabulary::{IntentId, Notify, Outcome, Timestamp};
use reqwest::Client;

use crate::caller::Caller;
use crate::http::{in_words, receivers_client};
use crate::send::{Failed, Sending, mail, outcome, send};

/// A receiver that takes longer than this is tried again later, where the file says nothing else.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of a file that holds a key or an address.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Knows the ways to receivers; keeps no secret beyond what its clients need.
#[derive(Debug)]
pub struct Notifier {
    /// Of the definitions: files that they name are relative to it.
    directory: PathBuf,
    /// Made when first needed: it reads this machine's certificates.
    plain: OnceLock<Client>,
    callers: Mutex<Callers>,
    patience: Duration,
}

/// One for each integration of the file in force, so that connections and certificates are used again.
#[derive(Debug, Default)]
struct Callers {
    of: Option<Arc<Alertmanager>>,
    known: BTreeMap<(String, u32), Arc<Caller>>,
}

impl Notifier {
    pub fn new(directory: PathBuf) -> Notifier {
        let (plain, callers) = (OnceLock::new(), Mutex::default());
        Notifier { directory, plain, callers, patience: PATIENCE }
    }

    /// `state` is one in which it is owed. Ends within the integration's time limit.
    pub async fn notify(&self, state: &State, intent: IntentId, notify: &Notify, now: Timestamp) -> Outcome {
        outcome(self.try_to(state, intent, notify, now).await)
    }

    async fn try_to(
        &self,
        state: &State,
        intent: IntentId,
        notify: &Notify,
        now: Timestamp,
    ) -> Result<String, Failed> {
        let catalog = state.catalog();
        let gone =
            || Failed::lasting(format!("there is no such integration of {} any more", notify.receiver));
        let file = catalog.alertmanager.as_ref().ok_or_else(gone)?;
        let receiver = file.receivers.get(&*notify.receiver).ok_or_else(gone)?;
        let at = usize::try_from(notify.integration).map_err(|_| gone())?;
        let integration = receiver.integrations.get(at).ok_or_else(gone)?;
        let (notification, group_key) = state.respond.dispatch.message(intent, catalog).ok_or_else(gone)?;
        let read = |path: &str| read(&self.directory.join(path));
        let desk = receiver::Desk { templates: &file.templates, now, read: &read };
        let message = compose(integration, &notification, &group_key, desk)
            .map_err(|unsendable| Failed::lasting(unsendable.to_string()))?;
        for flaw in &message.flaws {
            tracing::warn!(receiver = &*notify.receiver, integration = integration.id(), "{flaw}");
        }
        let patience = integration.kind.timeout().map_or(self.patience, |timeout| *timeout);
        match (message.content, &integration.kind) {
            (Content::Requests(requests), kind) => {
                let caller = self.caller(file, integration, notify)?;
                let sending = Sending { provider: Provider::of(kind), key: &notify.key, patience, now };
                let mut receipt = String::new();
                for request in requests {
                    receipt = send(|method, url| caller.request(method, url), request, sending).await?;
                }
                Ok(receipt)
            }
            (Content::Mail(mail), Kind::Email(email)) => {
                let server = server::server(&email.smtp, &read).map_err(Failed::lasting)?;
                mail::send(server, &mail, &notify.key, patience).await
            }
            (Content::Mail(_), _) => Err(gone()),
        }
    }

    fn caller(
        &self,
        file: &Arc<Alertmanager>,
        integration: &Integration,
        notify: &Notify,
    ) -> Result<Arc<Caller>, Failed> {
        let plain = self.plain().map_err(Failed::lasting)?;
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if !callers.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, file)) {
            *callers = Callers { of: Some(file.clone()), known: BTreeMap::new() };
        }
        let key = (notify.receiver.to_string(), notify.integration);
        let caller = callers.known.entry(key).or_insert_with(|| {
            let config = integration.kind.http().cloned().unwrap_or_default();
            Arc::new(Caller::new(&config, &self.directory, plain).that_sends())
        });
        Ok(caller.clone())
    }

    fn plain(&self) -> Result<&Client, String> {
        if let Some(client) = self.plain.get() {
            return Ok(client);
        }
        let client =
            receivers_client().map_err(|error| format!("cannot send anything: {}", in_words(&error)))?;
        Ok(self.plain.get_or_init(|| client))
    }
}

/// The error names the place, never what is there.
fn read(path: &Path) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let length = std::fs::metadata(path).map_err(wrong)?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("{} is longer than {} KiB", path.display(), FILE_BYTES_MAX / 1024));
    }
    std::fs::read_to_string(path).map_err(wrong)
}
