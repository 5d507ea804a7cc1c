//! The provider by which people sign in, as the pages see one.

use andon_api::{Back, NotVouched, OnTheWay, Provider, Vouched, Vouching, WayOut};
use andon_definitions::instance::Oidc;
use andon_live::{NotSaid, Returned};

use super::port::Port;

/// Below Andon's own address; the provider knows both beforehand.
const BACK: &str = "/sign-in/back";
const LEFT: &str = "/sign-in/left";

impl Port {
    /// The provider that the definitions in force name, and a page of ours that it sends people back to.
    fn provider_named(&self, page: &str) -> Result<(Oidc, String), NotVouched> {
        let view = self.live.view();
        let instance = &view.catalog().instance;
        let oidc = instance.identity.as_ref().and_then(|identity| identity.oidc.clone());
        let oidc = oidc.ok_or_else(|| NotVouched::Away("the definitions name no provider".to_owned()))?;
        Ok((oidc, format!("{}{page}", instance.url_at(&self.address))))
    }
}

impl Provider for Port {
    fn begin(&self) -> Vouching<'_, OnTheWay> {
        Box::pin(async move {
            let (oidc, back) = self.provider_named(BACK)?;
            let begun = self.sign_ins.begin(&oidc, &back, self.live.now()).await.map_err(in_their_words)?;
            let andon_live::Begun { url, state, nonce, verifier } = begun;
            Ok(OnTheWay { url, state, nonce, verifier })
        })
    }

    fn finish(&self, back: Back) -> Vouching<'_, Vouched> {
        Box::pin(async move {
            let (oidc, url) = self.provider_named(BACK)?;
            let Back { code, nonce, verifier } = back;
            let returned = Returned { code, nonce, verifier };
            let said = self.sign_ins.finish(&oidc, &url, returned, self.live.now()).await;
            let somebody = said.map_err(in_their_words)?;
            let andon_live::Somebody { subject, handle, groups } = somebody;
            Ok(Vouched { issuer: oidc.issuer, subject, handle, groups })
        })
    }

    fn leave(&self) -> Vouching<'_, Option<WayOut>> {
        Box::pin(async move {
            let (oidc, left) = self.provider_named(LEFT)?;
            let leaving = self.sign_ins.leave(&oidc, &left, self.live.now()).await.map_err(in_their_words)?;
            Ok(leaving.map(|andon_live::Leaving { url, state }| WayOut { url, state }))
        })
    }
}

fn in_their_words(error: NotSaid) -> NotVouched {
    match error {
        NotSaid::Away(why) => {
            tracing::warn!(%why, "nobody can be signed in by the provider");
            NotVouched::Away(why)
        }
        NotSaid::Unproven(why) => {
            tracing::warn!(%why, "somebody was not signed in by the provider");
            NotVouched::Unproven(why)
        }
    }
}
