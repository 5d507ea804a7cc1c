//! The first admin: where people have to sign in and nobody can let anybody in yet, whoever started Andon gets a link.

use std::sync::Arc;
use std::time::Duration;

use andon_identity::{Change, Grant, Invitation, Role, Secret};

use super::random::random;
use crate::port::{Loop, TellError};

const LASTS: Duration = Duration::from_secs(24 * 3600);

/// What the link to the first admin's page holds; None where there is an admin, unless it is asked for `anyway`, or where
/// nobody has to sign in. A link that was made before is void. Blocking.
pub fn admin_link(shared: &Arc<dyn Loop>, anyway: bool) -> Result<Option<Secret>, TellError> {
    if shared.view().catalog().instance.identity.is_none()
        || (shared.accounts().read().has_admin() && !anyway)
    {
        return Ok(None);
    }
    let link = Secret::of(&random());
    let grants = vec![Grant::of_everything(Role::Admin)];
    let invitation = Invitation { handle: None, grants, by: None, expires: shared.now() + LASTS };
    shared.accounts().change(Change::Invite { digest: link.digest(), invitation })?;
    Ok(Some(link))
}
