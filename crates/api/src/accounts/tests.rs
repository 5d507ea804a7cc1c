//! What broken glass, limited tokens and handles of other spelling may not.

use std::collections::BTreeSet;
use std::sync::Arc;

use andon_identity::{Change, Grant, How, Permission, Principal, Role, Secret, User};
use andon_vocabulary::{CatalogTexts, Command, GlassId, Input, Name, Timestamp, Via};
use axum::http::StatusCode;

use super::{Desk, Issued, Wanted};
use crate::doors::{Identified, Visitor};
use crate::entrance::admin_link;
use crate::port::Loop;
use crate::problem::Problem;
use crate::scene;
use crate::still::Still;

struct House {
    still: Arc<Still>,
    port: Arc<dyn Loop>,
}

impl House {
    /// The storefront's, where people sign in: root is an admin, kim may nothing.
    fn new() -> House {
        let still = scene::quiet(scene::EVENING);
        let files = [
            ("instance.yaml", include_str!("../../../../examples/storefront/ops/instance.yaml")),
            ("team.yaml", include_str!("../../../../examples/storefront/ops/team.yaml")),
        ];
        let files = files
            .map(|(path, text)| (path.to_owned(), text.replacen("spec:\n", "spec:\n  identity: {}\n", 1)));
        let mut files: Vec<_> = files.into();
        files[1].1 = include_str!("../../../../examples/storefront/ops/team.yaml").to_owned();
        still
            .turn(Input::Catalog(CatalogTexts {
                hash: "house".to_owned(),
                files: files.into_iter().collect(),
            }))
            .expect("definitions");
        let still = Arc::new(still);
        let house = House { port: Arc::<Still>::clone(&still), still };
        house.add("root", vec![Grant::of_everything(Role::Admin)]);
        house.add("kim", Vec::new());
        house
    }

    fn add(&self, handle: &str, grants: Vec<Grant>) {
        let user = User::new(handle.into(), grants, self.still.now());
        self.still.accounts().change(Change::Add { user }).expect("somebody new");
    }

    fn visitor(&self, handle: &str) -> Visitor {
        let accounts = self.still.accounts().read();
        let user = accounts.user(handle).expect("a user");
        let who = Principal::of(user, std::iter::empty(), How::Session);
        Visitor {
            identified: Identified::Somebody(Box::new(who)),
            from: None,
            is_encrypted: false,
            session: None,
        }
    }

    fn under_glass(&self, handle: &str) -> Visitor {
        let mut visitor = self.visitor(handle);
        principal(&mut visitor).glass = Some(Timestamp::MAX);
        visitor
    }

    fn desk<'a>(&'a self, visitor: &'a Visitor) -> Desk<'a> {
        Desk { shared: &self.port, visitor, via: Via::Api }
    }

    async fn token(&self, owner: &str, scopes: &[Permission]) -> Issued {
        self.desk(&self.visitor(owner)).issue(wanted(owner, scopes)).await.expect("a token")
    }
}

fn principal(visitor: &mut Visitor) -> &mut Principal {
    match &mut visitor.identified {
        Identified::Somebody(principal) => principal,
        other => panic!("{other:?}"),
    }
}

fn wanted(owner: &str, scopes: &[Permission]) -> Wanted {
    let scopes = BTreeSet::from_iter(scopes.iter().copied());
    let scopes = Some(scopes).filter(|scopes| !scopes.is_empty());
    Wanted { owner: owner.into(), note: String::new(), scopes, lasts: None }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(done: Result<T, Problem>, status: StatusCode, why: &str) {
    let problem = done.expect_err("refused");
    assert_eq!(problem.status, status, "{problem:?}");
    assert!(problem.detail.contains(why), "{problem:?}");
}

#[tokio::test]
async fn broken_glass_gives_nobody_what_outlasts_it() {
    let house = House::new();
    let admin = || vec![Grant::of_everything(Role::Admin)];
    let root = house.visitor("root");
    house.add("left", admin());
    house.desk(&root).disable("left").await.expect("an admin may");
    let kim = house.under_glass("kim");
    let desk = house.desk(&kim);
    let why = "kim has broken the glass";
    refused(desk.grant("kim", admin()).await, StatusCode::FORBIDDEN, why);
    refused(desk.invite("puppet", admin()).await, StatusCode::FORBIDDEN, why);
    refused(desk.invite("root", Vec::new()).await, StatusCode::FORBIDDEN, why);
    refused(desk.enable("left").await, StatusCode::FORBIDDEN, why);
    refused(desk.issue(wanted("root", &[])).await, StatusCode::FORBIDDEN, why);
    let problem = desk.grant("kim", admin()).await.expect_err("refused");
    assert!(problem.hint.expect("a hint").contains("andon serve --admin-link"));
    // What takes authority away can be needed in an emergency, and an admin's own authority is no glass's.
    let leaked = house.token("root", &[]).await;
    desk.revoke(&leaked.id).await.expect("a leaked token ends");
    desk.issue(wanted("kim", &[])).await.expect("one's own may no more than oneself");
    let root = house.under_glass("root");
    house.desk(&root).grant("kim", vec![Grant::of_everything(Role::Viewer)]).await.expect("an admin may");
}

#[tokio::test]
async fn a_limited_token_revokes_itself_alone() {
    let house = House::new();
    let (one, other) = (house.token("root", &[Permission::Send]).await, house.token("root", &[]).await);
    let by = |id: &Name, scopes: &[Permission]| {
        let mut visitor = house.visitor("root");
        let who = principal(&mut visitor);
        (who.how, who.limited_to) = (How::Token(id.clone()), Some(scopes.iter().copied().collect()));
        visitor
    };
    let limited = by(&one.id, &[Permission::Send]);
    let why = "revokes no token but itself";
    refused(house.desk(&limited).revoke(&other.id).await, StatusCode::FORBIDDEN, why);
    house.desk(&limited).revoke(&one.id).await.expect("itself");
    let administers = by(&one.id, &[Permission::Administer]);
    house.desk(&administers).revoke(&other.id).await.expect("it may administer");
}

#[tokio::test]
async fn nobody_takes_a_handle_of_the_team_files_by_other_capitals() {
    let house = House::new();
    let link: Secret = admin_link(&house.port, true).expect("made").expect("a link");
    let nobody = Visitor { identified: Identified::Nobody, from: None, is_encrypted: false, session: None };
    let accept = |handle: &'static str| {
        let (desk, link) = (house.desk(&nobody), &link);
        async move { desk.accept(link, handle, Secret::new("a long enough password".to_owned())).await }
    };
    let why = "spell \"ANA\" as \"ana\"";
    refused(accept("ANA").await, StatusCode::UNPROCESSABLE_ENTITY, why);
    let root = house.visitor("root");
    let invited = house.desk(&root).invite("ANA", Vec::new()).await;
    refused(invited, StatusCode::UNPROCESSABLE_ENTITY, why);
    // The link is as good as before.
    assert_eq!(&*accept("ana").await.expect("as the files spell it"), "ana");
}

#[test]
fn whoever_has_broken_the_glass_reviews_nobodys() {
    let house = House::new();
    let review = Command::ReviewGlass { glass: GlassId(1), note: "all fine".to_owned() };
    let may = |visitor: Visitor| visitor.may_tell(&review, &house.port.view());
    assert!(may(house.visitor("root")).is_ok());
    assert!(may(house.under_glass("root")).is_ok(), "an admin without it too");
    let refused = may(house.under_glass("kim")).expect_err("only by glass");
    assert!(refused.detail.contains("reviews nobody's"), "{refused:?}");
}
