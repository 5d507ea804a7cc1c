//! Signing out at the provider too, by the page that it has for that (OpenID Connect RP-Initiated Logout 1.0).

use andon_definitions::instance::Oidc;
use andon_vocabulary::Timestamp;
use openidconnect::{ClientId, CsrfToken, LogoutRequest, PostLogoutRedirectUrl};

use super::{KNOWN_FOR, NotSaid, SignIns, ask};

/// Somebody may be on the way to the provider to sign out: what their browser has to remember until they are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    pub url: String,
    pub state: String,
}

impl SignIns {
    /// `back` is where the provider sends them afterwards, which it knows beforehand. None: it has no such page.
    pub async fn leave(&self, oidc: &Oidc, back: &str, now: Timestamp) -> Result<Option<Leaving>, NotSaid> {
        let metadata = self.metadata(oidc, now, KNOWN_FOR).await?;
        let Some(page) = metadata.additional_metadata().end_session_endpoint.clone() else { return Ok(None) };
        ask::may_be_asked(page.url().as_str()).map_err(NotSaid::Away)?;
        let back = PostLogoutRedirectUrl::new(back.to_owned())
            .map_err(|error| NotSaid::Away(format!("{back} is no address to come back to: {error}")))?;
        // No id token is kept here to show again, so it asks them whether they mean it.
        let state = CsrfToken::new_random();
        let request = LogoutRequest::from(page)
            .set_client_id(ClientId::new(oidc.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(state.clone());
        Ok(Some(Leaving { url: request.http_get_url().to_string(), state: state.into_secret() }))
    }
}
