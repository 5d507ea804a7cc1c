//! Whose account it becomes, and what the groups grant.

use andon_vocabulary::{CatalogTexts, Input, Timestamp};

use super::*;
use crate::doors::Identified;
use crate::still::Still;

const INSTANCE: &str = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec:\n  identity:\n    \
    oidc: { issuer: 'https://id.example', client_id: andon, groups: { ops: admin, shop: 'responder:shop' } }\n---\n\
    apiVersion: andon/v1\nkind: Team\nmetadata: { name: shop }\nspec: { people: { cleo: { timezone: UTC, contact: [ { channel: web } ] } } }\n";

fn still() -> (Arc<Still>, Arc<dyn Loop>) {
    let still = Arc::new(Still::new(Timestamp::from_ms(1_795_000_000_000)));
    let files = std::collections::BTreeMap::from([("ops.yaml".to_owned(), INSTANCE.to_owned())]);
    still.turn(Input::Catalog(CatalogTexts { hash: "1".to_owned(), files })).unwrap();
    let shared: Arc<dyn Loop> = Arc::clone(&still) as Arc<dyn Loop>;
    (still, shared)
}

fn nobody() -> Visitor {
    Visitor { identified: Identified::Nobody, from: None, is_encrypted: true, session: None }
}

async fn comes(still: &Still, shared: &Arc<dyn Loop>, who: (&str, &str, &[&str])) -> Result<String, String> {
    let (subject, handle, groups) = who;
    still.vouch_for(Vouched {
        issuer: "https://id.example".to_owned(),
        subject: subject.to_owned(),
        handle: handle.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    });
    let back = Back { code: String::new(), nonce: String::new(), verifier: String::new() };
    let signed_in =
        shared.entrance().vouch(shared, back, &nobody()).await.map_err(|problem| problem.detail)?;
    let accounts = shared.accounts().read();
    let grants = &accounts.user(&signed_in.handle).unwrap().grants;
    Ok(format!(
        "{} {}",
        signed_in.handle,
        grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    ))
}

#[tokio::test]
async fn groups_grant_what_they_do_at_each_sign_in() {
    let (still, shared) = still();
    let ana = |groups: &'static [&'static str]| ("1", "ana", groups);
    assert_eq!(comes(&still, &shared, ana(&["ops", "all"])).await.as_deref(), Ok("ana admin"));
    assert_eq!(comes(&still, &shared, ana(&["shop"])).await.as_deref(), Ok("ana responder:shop"));
    // Whoever is in none any more is kept out, and cleo's team lets her in without any.
    assert_eq!(comes(&still, &shared, ana(&["all"])).await.unwrap_err(), "nothing here is granted to ana");
    assert_eq!(comes(&still, &shared, ("3", "cleo", &[])).await.as_deref(), Ok("cleo "));
}

#[tokio::test]
async fn an_account_is_its_subjects_whatever_it_is_called() {
    let (still, shared) = still();
    assert!(comes(&still, &shared, ("1", "ana", &["ops"])).await.is_ok());
    assert_eq!(comes(&still, &shared, ("1", "ana.b", &["ops"])).await.as_deref(), Ok("ana admin"));
    for stolen in ["ana", "ANA"] {
        let refused = comes(&still, &shared, ("2", stolen, &["ops"])).await.unwrap_err();
        assert!(refused.contains("another account"), "{refused}");
    }
    let odd = comes(&still, &shared, ("4", "<script>", &["ops"])).await.unwrap_err();
    assert!(odd.contains("a handle consists of"), "{odd}");
    shared.accounts().change(Change::Disable { handle: "ana".into() }).unwrap_err();
}

/// What somebody who is new would be paged under, and what they would sign in as, is one name.
#[tokio::test]
async fn nobody_comes_by_other_capitals_than_the_team_files_have() {
    let (still, shared) = still();
    let refused = comes(&still, &shared, ("6", "Cleo", &["ops"])).await.unwrap_err();
    assert_eq!(refused, "the provider calls them \"Cleo\", the team files \"cleo\"");
    assert_eq!(shared.accounts().read().users().count(), 0);
    let records = still.history().read(1, usize::MAX).unwrap();
    let written: Vec<String> =
        records.iter().map(|(_, record)| String::from_utf8_lossy(&record.encode()).into_owned()).collect();
    let refusal = written.iter().find(|fact| fact.contains("sign_in_refused")).expect("it is put down");
    assert!(refusal.contains("\"person\":\"Cleo\"") && refusal.contains("the team files"), "{refusal}");
    // Who has an account keeps it, however the provider spells them from now on.
    assert_eq!(comes(&still, &shared, ("6", "cleo", &["ops"])).await.as_deref(), Ok("cleo admin"));
    assert_eq!(comes(&still, &shared, ("6", "CLEO", &["ops"])).await.as_deref(), Ok("cleo admin"));
}

#[tokio::test]
async fn a_password_account_is_taken_over_by_nobody() {
    let (still, shared) = still();
    let now = shared.now();
    let ben = User::new("ben".into(), vec!["admin".parse().unwrap()], now);
    shared.accounts().change(Change::Add { user: ben }).unwrap();
    let refused = comes(&still, &shared, ("5", "ben", &["shop"])).await.unwrap_err();
    assert!(refused.contains("another account"), "{refused}");
}

#[tokio::test]
async fn whoever_is_turned_away_is_in_the_journal_and_does_not_fill_it() {
    let (still, shared) = still();
    assert!(comes(&still, &shared, ("1", "ana", &["ops"])).await.is_ok());
    for _ in 0..50 {
        assert!(comes(&still, &shared, ("2", "ana", &["ops"])).await.is_err());
    }
    let written = || -> Vec<String> {
        let records = still.history().read(1, usize::MAX).unwrap();
        records.iter().map(|(_, record)| String::from_utf8_lossy(&record.encode()).into_owned()).collect()
    };
    let refused: Vec<String> =
        written().into_iter().filter(|fact| fact.contains("sign_in_refused")).collect();
    assert_eq!(refused.len(), 2, "the first and the tenth of fifty: {refused:?}");
    assert!(
        refused[0].contains("\"person\":\"ana\"") && refused[0].contains("another account"),
        "{refused:?}"
    );
    assert!(refused[1].contains("\"times\":9"), "{refused:?}");
    assert!(comes(&still, &shared, ("4", "<script>", &["ops"])).await.is_err());
    assert!(written().iter().all(|fact| !fact.contains("\"person\":\"<script>")));
}
