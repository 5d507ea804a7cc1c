//! Accounts over their changes, each also as rows of a store that were read again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::{Change, Grant, PasswordHash, Permission, TokenSecret};

const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Default)]
struct Store {
    accounts: Accounts,
    rows: BTreeMap<(Kind, String), String>,
}

impl Store {
    fn make(&mut self, change: Change) -> Result<(), String> {
        self.make_at(change, NOW)
    }

    fn make_at(&mut self, change: Change, now: Timestamp) -> Result<(), String> {
        let mut changed = self.accounts.clone();
        for row in changed.change(change, now).map_err(|refusal| refusal.what)? {
            match row.body {
                Some(body) => drop(self.rows.insert((row.kind, row.key), body)),
                None => drop(self.rows.remove(&(row.kind, row.key))),
            }
        }
        self.accounts = changed;
        let mut read = Accounts::default();
        for ((kind, key), body) in &self.rows {
            read.load(*kind, key, body)?;
        }
        assert_eq!(read, self.accounts, "the rows are the accounts");
        Ok(())
    }

    fn add(&mut self, handle: &str, grant: &str) {
        let grants = vec![grant.parse::<Grant>().expect("a grant")];
        self.make(Change::Add { user: User::new(handle.into(), grants, NOW) }).expect("a new user");
    }

    fn sign_in(&mut self, handle: &str, number: u8) -> Result<Secret, String> {
        let cookie = Secret::of(&[number; 32]);
        let seen = NOW + Duration::from_secs(u64::from(number));
        let session = Session { handle: handle.into(), from: None, created: NOW, seen, expires: NOW + HOUR };
        self.make(Change::SignIn { digest: cookie.digest(), session, instead_of: None })?;
        Ok(cookie)
    }

    fn knows(&self, cookie: &Secret) -> bool {
        self.accounts.session(cookie, NOW).is_some()
    }

    fn invite(&mut self, handle: Option<&str>, number: u8) -> Result<Secret, String> {
        let link = Secret::of(&[number; 32]);
        let grants = vec!["viewer".parse().expect("a grant")];
        let by = Some("ana".into());
        let invitation = Invitation { handle: handle.map(Name::from), grants, by, expires: NOW + HOUR };
        self.make(Change::Invite { digest: link.digest(), invitation })?;
        Ok(link)
    }

    fn accept(&mut self, link: &Secret, handle: &str) -> Result<(), String> {
        let password = PasswordHash::nobodys();
        self.make(Change::Accept { digest: link.digest(), handle: handle.into(), password })
    }
}

#[test]
fn a_sign_in_ends_with_its_time_and_with_its_user() {
    let mut store = Store::default();
    store.add("ana", "admin");
    store.add("ben", "viewer");
    let (ana, ben) = (store.sign_in("ana", 1).unwrap(), store.sign_in("ben", 2).unwrap());
    assert!(store.accounts.session(&ana, NOW + HOUR).is_none());
    store.make(Change::Disable { handle: "ben".into() }).unwrap();
    assert!(store.knows(&ana) && !store.knows(&ben));
    assert!(store.sign_in("ben", 3).unwrap_err().contains("disabled"));
    store.make(Change::Enable { handle: "ben".into() }).unwrap();
    assert!(!store.knows(&ben), "what was ended stays so");
    store.make(Change::Password { handle: "ana".into(), password: PasswordHash::nobodys() }).unwrap();
    assert!(!store.knows(&ana));
}

#[test]
fn a_browser_that_signs_in_again_gets_another_session() {
    let mut store = Store::default();
    store.add("ana", "viewer");
    let old = store.sign_in("ana", 1).unwrap();
    let new = Secret::of(&[2; 32]);
    let session = Session { handle: "ana".into(), from: None, created: NOW, seen: NOW, expires: NOW + HOUR };
    let instead_of = Some(old.digest());
    store.make(Change::SignIn { digest: new.digest(), session, instead_of }).unwrap();
    assert!(!store.knows(&old) && store.knows(&new));
}

#[test]
fn one_person_has_so_many_sign_ins_and_no_more() {
    let mut store = Store::default();
    store.add("ana", "viewer");
    let all: Vec<Secret> = (1..=25).map(|number| store.sign_in("ana", number).unwrap()).collect();
    assert_eq!(all.iter().filter(|cookie| store.knows(cookie)).count(), 20);
    assert!(!store.knows(&all[0]) && store.knows(&all[24]));
}

#[test]
fn a_link_works_once_and_for_whom_it_is() {
    let mut store = Store::default();
    let link = store.invite(None, 1).unwrap();
    assert!(store.accept(&link, "<b>").is_err());
    store.accept(&link, "ana").unwrap();
    assert!(store.accept(&link, "eve").unwrap_err().contains("used"));
    let link = store.invite(Some("ben"), 2).unwrap();
    assert!(store.accept(&link, "ana").unwrap_err().contains("somebody else"));
    let newer = store.invite(Some("ben"), 3).unwrap();
    assert!(store.accept(&link, "ben").is_err(), "a newer one takes its place");
    store.accept(&newer, "ben").unwrap();
    // A user who is known gets another password, and keeps what they may.
    store.make(Change::Grants { handle: "ben".into(), grants: vec!["admin".parse().unwrap()] }).unwrap();
    let cookie = store.sign_in("ben", 9).unwrap();
    let link = store.invite(Some("ben"), 4).unwrap();
    store.accept(&link, "ben").unwrap();
    assert!(store.accounts.user("ben").unwrap().is_admin() && !store.knows(&cookie));
    // An open link never takes over somebody.
    let open = store.invite(None, 5).unwrap();
    assert!(store.accept(&open, "ben").unwrap_err().contains("already"));
    assert!(store.accept(&open, "BEN").unwrap_err().contains("already"));
    let late =
        Change::Accept { digest: open.digest(), handle: "cem".into(), password: PasswordHash::nobodys() };
    assert!(store.make_at(late, NOW + HOUR).is_err());
}

#[test]
fn a_link_that_is_taken_back_opens_nothing_and_is_not_listed() {
    let mut store = Store::default();
    let (ben, cem) = (store.invite(Some("ben"), 1).unwrap(), store.invite(Some("cem"), 2).unwrap());
    let waiting = |store: &Store, now| -> Vec<String> {
        let open = store.accounts.invitations(now);
        let of = |invitation: &Invitation| invitation.handle.as_deref().unwrap_or("anybody").to_owned();
        let mut all: Vec<String> = open.map(|(_, invitation)| of(invitation)).collect();
        all.sort();
        all
    };
    let id = |store: &Store, handle: &str| {
        let mut open = store.accounts.invitations(NOW);
        open.find(|(_, invitation)| invitation.handle.as_deref() == Some(handle)).expect("it waits").0
    };
    assert_eq!(waiting(&store, NOW), ["ben", "cem"]);
    let (of_ben, of_cem) = (id(&store, "ben"), id(&store, "cem"));
    store.make(Change::Uninvite { id: of_ben.clone() }).unwrap();
    assert!(store.accept(&ben, "ben").unwrap_err().contains("taken back"));
    let again = store.make(Change::Uninvite { id: of_ben }).unwrap_err();
    assert!(again.contains("waits to be used"), "{again}");
    assert_eq!(waiting(&store, NOW), ["cem"]);
    assert!(waiting(&store, NOW + HOUR).is_empty(), "too old");
    assert!(store.make_at(Change::Uninvite { id: of_cem.clone() }, NOW + HOUR).is_err());
    store.accept(&cem, "cem").unwrap();
    assert!(waiting(&store, NOW).is_empty(), "used");
    assert!(store.make(Change::Uninvite { id: of_cem }).is_err());
    assert!(store.accounts.user("cem").is_some());
}

#[test]
fn the_last_admin_stays() {
    let mut store = Store::default();
    store.add("ana", "admin");
    store.add("ben", "viewer");
    let demoted = Change::Grants { handle: "ana".into(), grants: Vec::new() };
    assert!(store.make(Change::Disable { handle: "ana".into() }).unwrap_err().contains("only admin"));
    assert!(store.make(demoted.clone()).is_err());
    store.make(Change::Grants { handle: "ben".into(), grants: vec!["admin".parse().unwrap()] }).unwrap();
    store.make(demoted).unwrap();
    assert!(store.accounts.has_admin());
}

#[test]
fn a_token_opens_until_it_is_revoked_expired_or_its_owner_disabled() {
    let mut store = Store::default();
    store.add("ana", "admin");
    store.add("ben", "viewer");
    let TokenSecret { id, text } = TokenSecret::of(&[5; 38]);
    let given = Presented::read(text.expose()).unwrap();
    let token = |scopes| Token {
        id: id.clone(),
        owner: "ben".into(),
        note: "ci".to_owned(),
        digest: text.digest(),
        scopes,
        issued: NOW,
        expires: NOW + HOUR,
        used: None,
        of_terminal: false,
    };
    assert!(store.make(Change::Issue { token: token(Some(BTreeSet::new())) }).is_err());
    store.make(Change::Issue { token: token(Some(BTreeSet::from([Permission::View]))) }).unwrap();
    assert!(store.accounts.token(&given, NOW).is_some());
    assert!(store.accounts.token(&given, NOW + HOUR).is_none());
    let other = TokenSecret::of(&std::array::from_fn(|at| if at < 6 { 5 } else { 6 }));
    let forged = Presented::read(other.text.expose()).unwrap();
    assert_eq!(forged.id, given.id);
    assert!(store.accounts.token(&forged, NOW).is_none(), "the id alone opens nothing");
    store.make(Change::Seen { session: None, token: Some(id.clone()) }).unwrap();
    assert_eq!(store.accounts.token_by_id(&id).unwrap().used, Some(NOW));
    store.make(Change::Revoke { id: id.clone() }).unwrap();
    assert!(store.accounts.token(&given, NOW).is_none());
    assert!(store.make(Change::Revoke { id: id.clone() }).is_err());
    store.make(Change::Issue { token: token(None) }).unwrap();
    store.make(Change::Disable { handle: "ben".into() }).unwrap();
    assert!(store.accounts.token(&given, NOW).is_none());
    store.make(Change::Enable { handle: "ben".into() }).unwrap();
    assert!(store.accounts.token(&given, NOW).is_none(), "what was void stays so");
}

#[test]
fn another_password_ends_terminals_and_keeps_programs() {
    let mut store = Store::default();
    store.add("ana", "admin");
    store.add("ben", "viewer");
    let issue = |store: &mut Store, owner: &str, number: u8, of_terminal| {
        let TokenSecret { id, text } = TokenSecret::of(&[number; 38]);
        let token = Token {
            id,
            owner: owner.into(),
            note: String::new(),
            digest: text.digest(),
            scopes: None,
            issued: NOW,
            expires: NOW + HOUR,
            used: None,
            of_terminal,
        };
        store.make(Change::Issue { token }).unwrap();
        Presented::read(text.expose()).unwrap()
    };
    let opens = |store: &Store, given: &Presented| store.accounts.token(given, NOW).is_some();
    let (terminal, program) = (issue(&mut store, "ben", 1, true), issue(&mut store, "ben", 2, false));
    let other = issue(&mut store, "ana", 3, true);
    let password = PasswordHash::nobodys();
    store.make(Change::Password { handle: "ben".into(), password }).unwrap();
    assert!(!opens(&store, &terminal) && opens(&store, &program) && opens(&store, &other));
    let terminal = issue(&mut store, "ben", 4, true);
    let link = store.invite(Some("ben"), 5).unwrap();
    store.accept(&link, "ben").unwrap();
    assert!(!opens(&store, &terminal) && opens(&store, &program) && opens(&store, &other));
}

#[test]
fn tokens_that_have_expired_make_room_for_others() {
    let mut store = Store::default();
    store.add("ana", "viewer");
    for number in 0..250_u64 {
        let mut random = [0; 38];
        random[..8].copy_from_slice(&number.to_le_bytes());
        let TokenSecret { id, text } = TokenSecret::of(&random);
        let issued = NOW + HOUR * u32::try_from(number).unwrap();
        let digest = text.digest();
        let (owner, note, expires) = ("ana".into(), String::new(), issued + HOUR);
        let token =
            Token { id, owner, note, digest, scopes: None, issued, expires, used: None, of_terminal: false };
        store.make_at(Change::Issue { token }, issued).unwrap();
    }
    assert_eq!(store.accounts.tokens().count(), 1);
}

#[test]
fn a_store_of_something_else_is_refused_without_a_word_of_what_it_holds() {
    let why = Accounts::default().load(Kind::User, "ana", r#"{"hunter2":1}"#).unwrap_err();
    assert!(why.contains("user") && !why.contains("hunter2"), "{why}");
}
