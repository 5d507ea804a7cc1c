//! The doors over the storefront on a bad evening: ana is paged, and a run asks her for the roll-back.

use std::sync::Arc;
use std::time::Duration;

use andon_identity::{Change, User};
use andon_intake::answer::Deed;
use andon_intake::answer::link::{HOLDS_FOR, Pass, code};
use andon_intake::proof::sign;
use andon_respond::Phase;
use andon_vocabulary::{CatalogTexts, IncidentId, Input, IntentId, RunId, Timestamp};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::port::Loop;
use crate::scene;
use crate::still::Still;

const KEY: &[u8] = b"links";
const URL: &str = "https://andon.example.org";

const CHANNELS: &str = "
  answers: { url: 'https://andon.example.org', secret: links }
  channels:
    web: { web: {} }
    chat: { slack: { token: xoxb, signing_secret: slack-secret } }
    quiet: { slack: { token: xoxb } }
    bot: { telegram: { token: '1:a', webhook_secret: telegram-secret } }
    phone: { sms: { account: AC1, token: twilio-token, from: '+15550100' } }
    call: { voice: { account: AC1, token: twilio-token, from: '+15550100' } }
";

const CONTACTS: &str = "[ { channel: web }, { channel: chat, to: U1 }, { channel: bot, to: '4242' }, \
    { channel: phone, to: '+15550123' }, { channel: call, to: '+15550123' } ]";

struct Site {
    router: Router,
    still: Arc<Still>,
}

struct Answer {
    status: StatusCode,
    body: String,
}

impl Site {
    fn new() -> Site {
        Site::with(CHANNELS)
    }

    fn with(channels: &str) -> Site {
        let still = scene::leaking(scene::EVENING);
        let (instance, _) = include_str!("../../../../examples/storefront/ops/instance.yaml")
            .split_once("  channels:")
            .unwrap();
        let files = [
            ("instance.yaml", format!("{instance}{}", channels.trim_start_matches('\n'))),
            (
                "team.yaml",
                include_str!("../../../../examples/storefront/ops/team.yaml").replacen(
                    "[ { channel: web } ]",
                    CONTACTS,
                    1,
                ),
            ),
            ("rules.yaml", include_str!("../../../../examples/storefront/ops/rules.yaml").to_owned()),
            ("runbooks.yaml", include_str!("../../../../examples/storefront/ops/runbooks.yaml").to_owned()),
            ("services.yaml", include_str!("../../../../examples/storefront/ops/services.yaml").to_owned()),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text)).into();
        still.turn(Input::Catalog(CatalogTexts { hash: "answers".to_owned(), files })).expect("definitions");
        assert!(still.view().catalog().instance.channels.contains_key("chat"));
        let still = Arc::new(still);
        Site { router: crate::router(Arc::<Still>::clone(&still)), still }
    }

    /// The host is whatever people reach it by.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "andon.example.org");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response =
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, body: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    fn press(deed: &Deed, user: &str) -> String {
        let payload = json!({ "type": "block_actions", "user": { "id": user },
            "response_url": "https://hooks.slack.com/actions/1",
            "actions": [{ "action_id": "andon ack", "value": deed.to_string(), "action_ts": "1.5" }] });
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
    }

    async fn slack(&self, body: &str, at: Timestamp, secret: &[u8]) -> Answer {
        let time = (at.as_ms() / 1000).to_string();
        let signature = format!("v0={}", sign(secret, &[b"v0:", time.as_bytes(), b":", body.as_bytes()]));
        let headers = [("x-slack-request-timestamp", time), ("x-slack-signature", signature)];
        self.ask("POST", "/answers/slack/chat", &headers, body).await
    }

    async fn twilio(&self, path: &str, fields: &[(&str, &str)], token: &[u8]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        let said: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token);
        let signature = BASE64_STANDARD.encode(hmac::sign(&key, format!("{URL}{path}{said}").as_bytes()));
        self.ask("POST", path, &[("x-twilio-signature", signature)], &body).await
    }

    fn link(&self, deed: Deed, person: &str) -> String {
        let until = self.still.now() + HOLDS_FOR;
        let pass = Pass { deed, person: person.into(), notice: IntentId(1), until };
        format!("/answers/link/{}", pass.seal(KEY))
    }

    fn acknowledged_by(&self) -> Option<String> {
        let view = self.still.view();
        match &view.respond.incidents.get(IncidentId(1)).unwrap().phase {
            Phase::Acknowledged { by, .. } => Some(by.to_string()),
            _ => None,
        }
    }

    fn preview(&self) -> Option<String> {
        self.still.view().respond.runs.get(RunId(1))?.ask().map(|(_, ask)| ask.preview.hash())
    }
}

fn acknowledge() -> Deed {
    Deed::Acknowledge(IncidentId(1))
}

#[tokio::test]
async fn a_button_in_slack_acknowledges_as_the_member_whose_contact_it_is() {
    let site = Site::new();
    let (body, now) = (Site::press(&acknowledge(), "U1"), site.still.now());
    let answer = site.slack(&body, now, b"slack-secret").await;
    assert_eq!((answer.status, site.acknowledged_by().as_deref()), (StatusCode::OK, Some("ana")));
    tokio::task::yield_now().await;
    let (url, said) = site.still.posted().remove(0);
    assert_eq!(url, "https://hooks.slack.com/actions/1");
    assert!(said.contains("INC-1 acknowledged by ana"), "{said}");
    // The same once more is a replay, whoever sends it.
    assert_eq!(site.slack(&body, now, b"slack-secret").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn slack_must_have_signed_it_lately() {
    let site = Site::new();
    let (body, now) = (Site::press(&acknowledge(), "U1"), site.still.now());
    let old = Timestamp::from_ms(now.as_ms() - 301_000);
    for answer in [
        site.slack(&body, now, b"another").await,
        site.slack(&body, old, b"slack-secret").await,
        site.slack(&body, now + Duration::from_secs(301), b"slack-secret").await,
        site.ask("POST", "/answers/slack/chat", &[], &body).await,
    ] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    }
    assert_eq!(site.acknowledged_by(), None);
    let stranger = site.slack(&Site::press(&acknowledge(), "U666"), now, b"slack-secret").await;
    assert_eq!((stranger.status, site.acknowledged_by()), (StatusCode::OK, None));
    tokio::task::yield_now().await;
    assert!(site.still.posted()[0].1.contains("no contact at chat is the member U666"));
}

#[tokio::test]
async fn an_approval_by_a_button_is_of_what_was_shown_and_by_who_may() {
    let site = Site::new();
    let (hash, now) = (site.preview().expect("it asks"), site.still.now());
    let other = "0".repeat(64);
    site.slack(&Site::press(&Deed::approve(RunId(1), &other), "U1"), now, b"slack-secret").await;
    assert!(site.preview().is_some(), "what was shown is not what it would do");
    tokio::task::yield_now().await;
    assert!(site.still.posted()[0].1.contains("has changed since you were told"));
    // A link for somebody whom nobody asked, and who is in no team that may decide.
    let stranger = site.link(Deed::approve(RunId(1), &hash), "mallory");
    let refused = site.ask("POST", &stranger, &[], "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("mallory is neither asked for RUN-1"), "{}", refused.body);
    site.slack(
        &Site::press(&Deed::approve(RunId(1), &hash), "U1"),
        now + Duration::from_secs(1),
        b"slack-secret",
    )
    .await;
    assert_eq!(site.preview(), None, "it goes on");
    let late = site.ask("POST", &site.link(Deed::reject(RunId(1), &hash), "ana"), &[], "").await;
    assert!(late.body.contains("does not wait for an approval any more"), "{}", late.body);
}

#[tokio::test]
async fn a_link_asks_before_it_answers_and_answers_once() {
    let site = Site::new();
    let link = site.link(acknowledge(), "ana");
    // What looks at links for people changes nothing.
    let shown = site.ask("GET", &link, &[], "").await;
    assert!(shown.status.is_success() && shown.body.contains("<form method=post>"), "{}", shown.body);
    let head = site.ask("HEAD", &link, &[], "").await;
    assert_eq!((head.status, site.acknowledged_by()), (StatusCode::OK, None));
    let done = site.ask("POST", &link, &[], "").await;
    assert!(done.status.is_success() && done.body.contains("INC-1 acknowledged by ana"), "{}", done.body);
    let records = site.still.history().head();
    let again = site.ask("POST", &link, &[], "").await;
    assert_eq!((again.status, again.body), (done.status, done.body));
    assert_eq!(site.still.history().head(), records, "nothing was done twice");
}

#[tokio::test]
async fn a_link_that_is_wrong_or_has_passed_does_nothing() {
    let site = Site::new();
    let link = site.link(acknowledge(), "ana");
    let forged =
        Pass { deed: acknowledge(), person: "ana".into(), notice: IntentId(1), until: Timestamp::MAX };
    for wrong in
        [format!("/answers/link/{}", forged.seal(b"guess")), format!("{link}x"), "/answers/link/x".to_owned()]
    {
        for method in ["GET", "POST"] {
            assert_eq!(site.ask(method, &wrong, &[], "").await.status, StatusCode::FORBIDDEN, "{wrong}");
        }
    }
    site.still.set_now(site.still.now() + HOLDS_FOR);
    let passed = site.ask("POST", &link, &[], "").await;
    assert!(passed.status == StatusCode::FORBIDDEN && passed.body.contains("has passed"), "{}", passed.body);
    assert_eq!(site.acknowledged_by(), None);
}

#[tokio::test]
async fn a_reply_with_ones_own_code_acknowledges() {
    let site = Site::new();
    let reply = |from: &'static str, body: String, token: &'static [u8]| {
        let site = &site;
        async move {
            let fields = [("From", from), ("Body", body.as_str()), ("MessageSid", "SM1")];
            site.twilio("/answers/twilio/phone", &fields, token).await
        }
    };
    let own = code(KEY, IncidentId(1), "ana");
    let forged = reply("+15550123", own.clone(), b"guess").await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    let stranger = reply("+15559999", own.clone(), b"twilio-token").await;
    assert!(stranger.body.ends_with("<Response></Response>"), "{}", stranger.body);
    let bens = reply("+15550123", code(KEY, IncidentId(1), "ben"), b"twilio-token").await;
    assert!(bens.body.contains("six digits"), "{}", bens.body);
    assert_eq!(site.acknowledged_by(), None);
    let done = reply("+15550123", format!("ok {own}."), b"twilio-token").await;
    assert!(done.body.contains("<Message>INC-1 acknowledged by ana"), "{}", done.body);
    assert_eq!(site.acknowledged_by().as_deref(), Some("ana"));
}

#[tokio::test]
async fn nobody_tries_one_code_after_the_other() {
    let site = Site::new();
    let own = code(KEY, IncidentId(1), "ana");
    let wrong = if own == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let fields = [("From", "+15550123"), ("Body", wrong), ("MessageSid", "SM1")];
        site.twilio("/answers/twilio/phone", &fields, b"twilio-token").await;
    }
    let fields = [("From", "+15550123"), ("Body", own.as_str()), ("MessageSid", "SM2")];
    let stopped = site.twilio("/answers/twilio/phone", &fields, b"twilio-token").await;
    assert!(stopped.body.contains("Too many wrong codes"), "{}", stopped.body);
    site.still.set_now(site.still.now() + Duration::from_secs(601));
    let later = site.twilio("/answers/twilio/phone", &fields, b"twilio-token").await;
    assert!(later.body.contains("acknowledged"), "{}", later.body);
}

#[tokio::test]
async fn a_key_of_the_telephone_acknowledges() {
    let site = Site::new();
    let pass = site.link(acknowledge(), "ana").replace("/answers/link/", "/answers/twilio/call/key/");
    let other = site.twilio(&pass, &[("Digits", "2"), ("CallSid", "CA1")], b"twilio-token").await;
    assert!(other.body.contains("Nothing was acknowledged"), "{}", other.body);
    assert_eq!(site.acknowledged_by(), None);
    let pressed = site.twilio(&pass, &[("Digits", "1"), ("CallSid", "CA1")], b"twilio-token").await;
    assert!(pressed.body.contains("<Say>INC-1 acknowledged by ana"), "{}", pressed.body);
    assert_eq!(site.acknowledged_by().as_deref(), Some("ana"));
}

#[tokio::test]
async fn telegram_gives_its_secret_token() {
    let site = Site::new();
    let update = json!({ "update_id": 1,
        "callback_query": { "id": "9", "from": { "id": 4242 }, "data": acknowledge().to_string() } })
    .to_string();
    let token = |token: &str| [("x-telegram-bot-api-secret-token", token.to_owned())];
    let wrong = site.ask("POST", "/answers/telegram/bot", &token("guess"), &update).await;
    assert_eq!((wrong.status, site.acknowledged_by()), (StatusCode::UNAUTHORIZED, None));
    let well = site.ask("POST", "/answers/telegram/bot", &token("telegram-secret"), &update).await;
    let shown: Value = serde_json::from_str(&well.body).unwrap();
    assert_eq!((&shown["method"], &shown["callback_query_id"]), (&json!("answerCallbackQuery"), &json!("9")));
    assert_eq!(site.acknowledged_by().as_deref(), Some("ana"));
}

#[tokio::test]
async fn doors_that_nobody_opened_are_not_there() {
    let site =
        Site::with(&CHANNELS.replace("  answers: { url: 'https://andon.example.org', secret: links }\n", ""));
    let link = site.link(acknowledge(), "ana");
    for (method, path) in [
        ("GET", link.as_str()),
        ("POST", link.as_str()),
        ("POST", "/answers/slack/quiet"),
        ("POST", "/answers/slack/web"),
        ("POST", "/answers/slack/nowhere"),
        ("POST", "/answers/telegram/chat"),
        ("POST", "/answers/twilio/phone"),
        ("POST", "/answers/twilio/phone/INT-1"),
    ] {
        assert_eq!(site.ask(method, path, &[], "").await.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    // The guard of the pages still stands before everything else.
    assert_eq!(site.ask("GET", "/api/v1/andon/status", &[], "").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn where_people_sign_in_an_answer_has_the_authority_of_its_person() {
    let site = Site::with(&format!("  identity: {{}}{CHANNELS}"));
    let link = site.link(acknowledge(), "ana");
    let unknown = site.ask("POST", &link, &[], "").await;
    assert_eq!((unknown.status, site.acknowledged_by()), (StatusCode::CONFLICT, None));
    assert!(unknown.body.contains("ana may not do this"), "{}", unknown.body);
    let user = User::new("ana".into(), Vec::new(), site.still.now());
    site.still.accounts().change(Change::Add { user }).expect("she is let in");
    let well = site.ask("POST", &link, &[], "").await;
    assert!(well.status.is_success(), "{}", well.body);
    let hash = site.preview().expect("it asks");
    site.still.accounts().change(Change::Disable { handle: "ana".into() }).expect("she leaves");
    let left = site.ask("POST", &site.link(Deed::approve(RunId(1), &hash), "ana"), &[], "").await;
    assert_eq!(left.status, StatusCode::CONFLICT);
    assert!(site.preview().is_some(), "who has left approves nothing");
}

#[tokio::test]
async fn a_link_acknowledges_anew_once_the_acknowledgement_has_lapsed() {
    let site = Site::new();
    let link = site.link(acknowledge(), "ana");
    let first = site.ask("POST", &link, &[], "").await;
    scene::wait(&site.still, Duration::from_secs(60));
    let again = site.ask("POST", &link, &[], "").await;
    assert_eq!(again.body, first.body, "one acknowledgement is one");
    scene::wait(&site.still, Duration::from_secs(21 * 60));
    let anew = site.ask("POST", &link, &[], "").await;
    assert!(anew.status.is_success() && anew.body != first.body, "{}", anew.body);
    assert_eq!(site.acknowledged_by().as_deref(), Some("ana"));
    assert_eq!(site.ask("POST", &link, &[], "").await.body, anew.body);
}

#[tokio::test]
async fn a_link_that_approved_says_so_again() {
    let site = Site::new();
    let hash = site.preview().expect("it asks");
    let link = site.link(Deed::approve(RunId(1), &hash), "ana");
    let done = site.ask("POST", &link, &[], "").await;
    assert!(done.status.is_success(), "{}", done.body);
    let records = site.still.history().head();
    let again = site.ask("POST", &link, &[], "").await;
    assert_eq!((again.status, again.body), (done.status, done.body));
    assert_eq!(site.still.history().head(), records, "nothing was done twice");
}
