//! Signing in elsewhere: a provider of OpenID Connect says who somebody is, by the authorization code flow with PKCE.
//!
//! What the provider says is believed only after its signature, issuer, audience, nonce and times were verified, by
//! keys that came from the issuer which the definitions name. Nothing of a browser's is kept here.

mod ask;
mod claims;
mod leave;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use andon_definitions::instance::Oidc;
use andon_vocabulary::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadataWithLogout, RedirectUrl, Scope, SignatureVerificationError,
    TokenResponse,
};
use tokio::sync::Mutex;

use crate::deliver::secret;
use ask::Asker;
pub use leave::Leaving;

/// What the provider says of itself is asked for again after this: sooner by whoever is about to be sent there, so that
/// they hear here whether it answers.
const KNOWN_FOR: Duration = Duration::from_secs(3600);
const FRESH_FOR: Duration = Duration::from_secs(60);
/// A key that nobody knows may be a new one, or somebody's who makes us ask.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How far the clocks of two machines may be apart.
const SKEW: Duration = Duration::from_secs(60);
const FUTURE: &str = "it was issued in the future";
const WORD_BYTES_MAX: usize = 4096;

/// The way to the provider that the definitions in force name.
#[derive(Debug)]
pub struct SignIns {
    /// Secrets in files are named relative to it.
    base: PathBuf,
    asker: Asker,
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    issuer: String,
    metadata: ProviderMetadataWithLogout,
    at: Timestamp,
}

/// Somebody is on the way to the provider: what their browser has to remember until they are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Where to send them.
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// They are back, with what the provider gave them and what their browser remembered.
#[derive(Clone, Debug)]
pub struct Returned {
    pub code: String,
    pub nonce: String,
    pub verifier: String,
}

/// Who the provider says they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// What never changes of them, and is nobody else's at this issuer.
    pub subject: String,
    pub handle: String,
    pub groups: Vec<String>,
}

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSaid {
    /// The provider does not answer, or not as one: it may be tried again.
    Away(String),
    /// What was said proves nothing.
    Unproven(String),
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl SignIns {
    pub fn new(base: PathBuf) -> SignIns {
        SignIns { base, asker: Asker::default(), known: Mutex::default() }
    }

    /// `back` is where the provider sends them, which it knows beforehand.
    pub async fn begin(&self, oidc: &Oidc, back: &str, now: Timestamp) -> Result<Begun, NotSaid> {
        let metadata = self.metadata(oidc, now, FRESH_FOR).await?;
        let client = self.client(oidc, metadata, back)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut asking = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        for scope in oidc.scopes.iter().filter(|scope| *scope != "openid") {
            asking = asking.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = asking.set_pkce_challenge(challenge).url();
        Ok(Begun {
            url: url.to_string(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    pub async fn finish(
        &self,
        oidc: &Oidc,
        back: &str,
        returned: Returned,
        now: Timestamp,
    ) -> Result<Somebody, NotSaid> {
        if [&returned.code, &returned.nonce, &returned.verifier]
            .iter()
            .any(|word| word.len() > WORD_BYTES_MAX)
        {
            return Err(NotSaid::Unproven("what came back is too long".to_owned()));
        }
        let metadata = self.metadata(oidc, now, KNOWN_FOR).await?;
        let mut client = self.client(oidc, metadata.clone(), back)?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(returned.code))
            .map_err(|error| NotSaid::Away(format!("the provider names no token endpoint: {error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier));
        let given = exchange.request_async(&self.asker).await.map_err(ask::not_exchanged)?;
        let token =
            given.id_token().ok_or_else(|| NotSaid::Unproven("the provider gave no id token".to_owned()))?;
        let nonce = Nonce::new(returned.nonce);
        let mut verified = verify(&client, token, &nonce, now).cloned();
        let unknown = SignatureVerificationError::NoMatchingKey;
        if matches!(&verified, Err(ClaimsVerificationError::SignatureVerification(why)) if *why == unknown) {
            // The provider has other keys than when it was asked.
            client = self.client(oidc, self.metadata(oidc, now, ASK_AGAIN_AFTER).await?, back)?;
            verified = verify(&client, token, &nonce, now).cloned();
        }
        let claims = verified.map_err(|error| NotSaid::Unproven(in_words(&error)))?;
        if let Some(expected) = claims.access_token_hash() {
            let verifier = client.id_token_verifier();
            let hash = match (token.signing_alg(), token.signing_key(&verifier)) {
                (Ok(alg), Ok(key)) => AccessTokenHash::from_token(given.access_token(), alg, key).ok(),
                _ => None,
            };
            if hash.as_ref() != Some(expected) {
                return Err(NotSaid::Unproven("the access token is not the id token's".to_owned()));
            }
        }
        let mut said = claims::payload(&token.to_string())
            .ok_or_else(|| NotSaid::Unproven("the id token cannot be read".to_owned()))?;
        let lacks = |claim: &str| said.get(claim).is_none();
        let is_whole = !lacks(&oidc.handle_claim) && (oidc.groups.is_empty() || !lacks(&oidc.groups_claim));
        if let Some(url) = metadata.userinfo_endpoint().filter(|_| !is_whole) {
            let more = self.asker.user_info(url.url(), given.access_token().secret()).await?;
            claims::join(&mut said, more, claims.subject())?;
        }
        claims::somebody(&said, oidc, claims.subject())
    }

    /// What the provider says of itself, not older than `most`.
    async fn metadata(
        &self,
        oidc: &Oidc,
        now: Timestamp,
        most: Duration,
    ) -> Result<ProviderMetadataWithLogout, NotSaid> {
        let mut known = self.known.lock().await;
        if let Some(known) =
            known.as_ref().filter(|known| known.issuer == oidc.issuer && now.since(known.at) < most)
        {
            return Ok(known.metadata.clone());
        }
        let issuer = IssuerUrl::new(oidc.issuer.clone()).map_err(|error| {
            NotSaid::Away(format!("{} is no address of a provider: {error}", oidc.issuer))
        })?;
        let found = ProviderMetadataWithLogout::discover_async(issuer, &self.asker).await;
        let metadata = found.map_err(ask::not_found)?;
        let metadata_url = metadata.authorization_endpoint().url();
        ask::may_be_asked(metadata_url.as_str()).map_err(NotSaid::Away)?;
        *known = Some(Known { issuer: oidc.issuer.clone(), metadata: metadata.clone(), at: now });
        Ok(metadata)
    }

    fn client(
        &self,
        oidc: &Oidc,
        metadata: ProviderMetadataWithLogout,
        back: &str,
    ) -> Result<Client, NotSaid> {
        let secret = match &oidc.client_secret {
            Some(text) => {
                let secret = secret::resolve(text, &self.base).map_err(|why| {
                    tracing::error!(%why, "the secret of the client cannot be read; nobody signs in by the provider");
                    NotSaid::Away("this Andon's own secret cannot be read; the log tells why".to_owned())
                })?;
                Some(ClientSecret::new(secret))
            }
            None => None,
        };
        let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let by_header = methods.is_empty() || methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let back = RedirectUrl::new(back.to_owned())
            .map_err(|error| NotSaid::Away(format!("{back} is no address to come back to: {error}")))?;
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(oidc.client_id.clone()), secret);
        let how = if by_header { AuthType::BasicAuth } else { AuthType::RequestBody };
        Ok(client.set_auth_type(how).set_redirect_uri(back))
    }
}

/// Signed by an asymmetric key alone: neither nothing nor what we ourselves know proves who somebody is.
fn verify<'a>(
    client: &Client,
    token: &'a CoreIdToken,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
    use CoreJwsSigningAlgorithm as Alg;
    let ms = u64::try_from(now.as_ms()).unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
    let (earlier, later) = (now - SKEW, now + SKEW);
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs([
            Alg::RsaSsaPkcs1V15Sha256,
            Alg::RsaSsaPkcs1V15Sha384,
            Alg::RsaSsaPkcs1V15Sha512,
            Alg::RsaSsaPssSha256,
            Alg::RsaSsaPssSha384,
            Alg::RsaSsaPssSha512,
            Alg::EcdsaP256Sha256,
            Alg::EcdsaP384Sha384,
            Alg::EdDsa,
        ])
        .set_time_fn(move || earlier.into())
        .set_issue_time_verifier_fn(move |issued| {
            if SystemTime::from(issued) <= later { Ok(()) } else { Err(FUTURE.to_owned()) }
        });
    token.claims(&verifier, nonce)
}

/// With the cause, and nothing of the token itself.
fn in_words(error: &ClaimsVerificationError) -> String {
    let why = match error {
        // The same word for a token of the future.
        ClaimsVerificationError::Expired(why) if why == FUTURE => FUTURE.to_owned(),
        ClaimsVerificationError::Expired(_) => "it has expired".to_owned(),
        ClaimsVerificationError::InvalidAudience(_) => "it is meant for somebody else".to_owned(),
        ClaimsVerificationError::InvalidIssuer(_) => "it is another issuer's".to_owned(),
        ClaimsVerificationError::InvalidNonce(_) => "it was not asked for by this browser".to_owned(),
        ClaimsVerificationError::SignatureVerification(why) => {
            format!("its signature does not hold: {}", why.to_string().to_lowercase())
        }
        other => other.to_string().to_lowercase(),
    };
    format!("the provider's id token proves nothing: {why}")
}
