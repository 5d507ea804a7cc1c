//! Who asks, and whom it trusts. Secrets and certificates are read at the moment they are used, so that one that was
//! replaced holds from the next request on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use andon_definitions::instance::Asked;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder};

use super::wire;
use crate::deliver::secret;
use crate::http::AGENT;

pub(super) struct Access {
    asked: Asked,
    base: PathBuf,
    trusting: Mutex<Trusting>,
}

/// A client with the certificates that it was made with.
struct Trusting {
    ca: Option<Vec<u8>>,
    client: Client,
}

/// Its credentials are nobody's business.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

impl Access {
    /// An error is one of the definitions; a file that is not there yet may come.
    pub fn new(asked: &Asked, base: &Path) -> Result<Access, String> {
        for name in asked.headers.keys() {
            header_name(name)?;
        }
        let trusting = Mutex::new(Trusting { ca: None, client: client(asked, None)? });
        Ok(Access { asked: asked.clone(), base: base.to_owned(), trusting })
    }

    pub fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<RequestBuilder, String> {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = self.client()?.post(url).header(CONTENT_TYPE, kind).body(wire::encoded(form));
        self.introduced(request)
    }

    pub fn get(&self, url: &str, form: &[(&str, &str)]) -> Result<RequestBuilder, String> {
        let request = match form {
            [] => self.client()?.get(url),
            form => self.client()?.get(format!("{url}?{}", wire::encoded(form))),
        };
        self.introduced(request)
    }

    /// With who asks.
    fn introduced(&self, request: RequestBuilder) -> Result<RequestBuilder, String> {
        let mut headers = HeaderMap::new();
        for (name, text) in &self.asked.headers {
            headers.insert(header_name(name)?, self.value(text, "")?);
        }
        if let Some(token) = &self.asked.bearer {
            headers.insert(AUTHORIZATION, self.value(token, "Bearer ")?);
        }
        let request = request.headers(headers);
        let Some(username) = &self.asked.username else { return Ok(request) };
        let password = self.asked.password.as_ref().map(|text| secret::resolve(text, &self.base));
        Ok(request.basic_auth(username, password.transpose()?))
    }

    fn value(&self, text: &str, before: &str) -> Result<HeaderValue, String> {
        let text = format!("{before}{}", secret::resolve(text, &self.base)?);
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "a header of `metrics.prometheus` holds what no header can".to_owned())?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn client(&self) -> Result<Client, String> {
        let mut trusting = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        let ca = match &self.asked.ca {
            None => return Ok(trusting.client.clone()),
            Some(path) => self.base.join(path),
        };
        let read = std::fs::read(&ca).map_err(|error| format!("cannot read {}: {error}", ca.display()))?;
        if trusting.ca.as_ref() != Some(&read) {
            let certificate = Certificate::from_pem(&read)
                .map_err(|_| format!("{} holds no certificate in PEM", ca.display()))?;
            *trusting = Trusting { client: client(&self.asked, Some(certificate))?, ca: Some(read) };
        }
        Ok(trusting.client.clone())
    }
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not the name of a header"))
}

fn client(asked: &Asked, ca: Option<Certificate>) -> Result<Client, String> {
    let none = reqwest::redirect::Policy::none();
    let mut client = Client::builder().no_proxy().timeout(*asked.timeout).redirect(none).user_agent(AGENT);
    if let Some(certificate) = ca {
        client = client.add_root_certificate(certificate);
    }
    client.build().map_err(|error| format!("cannot make requests: {error}"))
}
