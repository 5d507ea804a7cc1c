//! Doors: every route names who may use it, in the table that it stands in.
//!
//! A route cannot be written without its door, and the guard lets nothing through that has none, so there is no route
//! that somebody forgot. Where the instance has no `identity`, everybody at this machine is its trusted operator.

mod credentials;
mod forms;
mod guard;
mod site;
mod visitor;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_identity::Permission;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;

use crate::port::Loop;

pub use forms::form_token;
pub use guard::{Answering, Refusing};
pub use visitor::{Identified, Visitor};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Anybody, for this reason.
    Public(&'static str),
    /// Whoever sends proves it to the route itself, in this way.
    Own(&'static str),
    /// The same, and whoever sends reaches this Andon by another name than people do: a provider, a telephone.
    Anywhere(&'static str),
    /// Whoever may do this everywhere.
    Needs(Permission),
    /// Anybody who has signed in: what they ask for names what it needs, and is asked for where that is known.
    SignedIn,
}

/// The doors of one route: for looking, and for what changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    pub read: Door,
    pub write: Door,
}

impl From<Door> for Doors {
    fn from(door: Door) -> Doors {
        Doors { read: door, write: door }
    }
}

impl From<Permission> for Doors {
    fn from(permission: Permission) -> Doors {
        Door::Needs(permission).into()
    }
}

/// One door for looking, another for changing.
impl From<(Permission, Door)> for Doors {
    fn from((read, write): (Permission, Door)) -> Doors {
        Doors { read: Door::Needs(read), write }
    }
}

impl From<(Permission, Permission)> for Doors {
    fn from((read, write): (Permission, Permission)) -> Doors {
        Doors { read: Door::Needs(read), write: Door::Needs(write) }
    }
}

/// A router whose every route has its doors.
pub struct Routes<S = ()> {
    router: Router<S>,
    table: BTreeMap<String, Doors>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    #[expect(
        clippy::new_without_default,
        reason = "an empty one is the beginning of a table, as a Router is"
    )]
    pub fn new() -> Routes<S> {
        Routes { router: Router::new(), table: BTreeMap::new() }
    }

    #[must_use]
    pub fn route(mut self, path: &str, doors: impl Into<Doors>, methods: MethodRouter<S>) -> Routes<S> {
        self.table.insert(path.to_owned(), doors.into());
        Routes { router: self.router.route(path, methods), table: self.table }
    }

    /// The same, whether a client writes a slash at the path's end or not.
    #[must_use]
    pub fn either(self, path: &str, doors: impl Into<Doors>, methods: MethodRouter<S>) -> Routes<S> {
        let doors = doors.into();
        self.route(&format!("{path}/"), doors, methods.clone()).route(path, doors, methods)
    }

    #[must_use]
    pub fn merge(mut self, other: Routes<S>) -> Routes<S> {
        self.table.extend(other.table);
        Routes { router: self.router.merge(other.router), table: self.table }
    }

    /// The routes again, below a path.
    #[must_use]
    pub fn nest(mut self, below: &str, other: Routes<S>) -> Routes<S> {
        self.table.extend(other.table.into_iter().map(|(path, doors)| (format!("{below}{path}"), doors)));
        Routes { router: self.router.nest(below, other.router), table: self.table }
    }

    /// Layers and fallbacks. A route that is added here has no door, so nobody gets through.
    #[must_use]
    pub fn through(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Routes<S> {
        Routes { router: change(self.router), table: self.table }
    }

    pub fn with_state(self, state: S) -> Routes {
        Routes { router: self.router.with_state(state), table: self.table }
    }

    /// Every route with its doors.
    pub fn table(&self) -> &BTreeMap<String, Doors> {
        &self.table
    }
}

impl<S> Clone for Routes<S>
where
    Router<S>: Clone,
{
    fn clone(&self) -> Routes<S> {
        Routes { router: self.router.clone(), table: self.table.clone() }
    }
}

impl Routes {
    /// With the guard before all of it. `answering` says how whoever does not get through is told.
    pub fn guarded(self, shared: Arc<dyn Loop>, answering: Answering) -> Router {
        let guard = guard::Guard { shared, table: self.table, answering };
        self.router.layer(from_fn_with_state(Arc::new(guard), guard::pass))
    }
}
