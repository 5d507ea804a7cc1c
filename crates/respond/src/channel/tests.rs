//! Each channel is sent what its provider understands, and no label or secret gets where it should not.

use andon_definitions::instance::{Channel, Instance};
use andon_vocabulary::{IncidentId, RunId};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::*;

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const KEY: &[u8] = b"a key";

fn channel(kind: Value) -> ChannelKind {
    serde_json::from_value::<Channel>(kind).unwrap().kind
}

fn delivery(kind: NoticeKind, to: Option<&str>) -> Delivery {
    Delivery {
        key: "shop/INT-4".to_owned(),
        kind,
        person: "ana".into(),
        channel: "phone".into(),
        to: to.map(str::to_owned),
        incident: Some(IncidentId(7)),
        run: (kind == NoticeKind::Approval).then_some(RunId(3)),
        subject: "SEV1 pool <exhausted>\r\nBcc: all@example.org".to_owned(),
        body: "db_pool_in_use is 100".to_owned(),
        at: Timestamp::from_ms(0),
    }
}

fn secret(text: &str) -> Result<String, String> {
    match text.strip_prefix("secret:env/") {
        Some("BROKEN") => Ok("two\nlines".to_owned()),
        Some("MISSING") => Err(format!("{text}: there is no such variable")),
        Some(name) => Ok(name.to_lowercase()),
        None => Ok(text.to_owned()),
    }
}

fn notice(delivery: &Delivery) -> Notice<'_> {
    Notice {
        intent: IntentId(4),
        delivery,
        attempt: 1,
        restarted: false,
        preview: Some(HASH),
        can_answer: true,
        instance: "shop",
        url: "https://andon.example.org",
        doors: "https://andon.example.org",
        key: Some(KEY),
        now: Timestamp::from_ms(1_000_000),
    }
}

fn sent(kind: &ChannelKind, notice: &Notice) -> Request {
    match compose(kind, notice, &secret) {
        Ok(Some((Content::Requests(requests), _))) => {
            <[Request; 1]>::try_from(requests).unwrap().into_iter().next().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
}

/// A link of a body is for ana, this notice and this deed.
fn opened(link: &Value) -> Deed {
    let sealed = link.as_str().unwrap().strip_prefix("https://andon.example.org/answers/link/").unwrap();
    let pass = link::Pass::open(KEY, sealed, Timestamp::from_ms(1_000_001)).unwrap();
    assert_eq!((&*pass.person, pass.notice), ("ana", IntentId(4)));
    pass.deed
}

#[test]
fn slack_has_buttons_bound_to_what_is_shown() {
    let bot = channel(json!({ "slack": { "token": "secret:env/XOXB", "signing_secret": "s" } }));
    let page = delivery(NoticeKind::Page, Some("secret:env/U1"));
    let request = sent(&bot, &notice(&page));
    assert_eq!(request.url, "https://slack.com/api/chat.postMessage");
    assert_eq!(header(&request, "Authorization"), "Bearer xoxb");
    let message = body(&request);
    assert_eq!(message["channel"], "u1");
    assert_eq!(message["blocks"][0]["text"]["text"], "*SEV1 pool &lt;exhausted&gt; Bcc: all@example.org*");
    let buttons = &message["blocks"][2]["elements"];
    assert_eq!((&buttons[0]["value"], &buttons[0]["action_id"]), (&json!("ack INC-7"), &json!("andon ack")));
    assert_eq!(buttons[1]["url"], "https://andon.example.org/incidents/INC-7");

    let approval = delivery(NoticeKind::Approval, Some("U1"));
    let buttons = body(&sent(&bot, &notice(&approval)))["blocks"][2]["elements"].clone();
    assert_eq!(buttons[0]["value"], format!("yes RUN-3 {}", &HASH[..32]));
    assert_eq!(buttons[1]["value"], format!("no RUN-3 {}", &HASH[..32]));
    assert!(buttons[0]["confirm"].is_object() && buttons[1]["confirm"].is_null());
    let decided = Notice { preview: None, ..notice(&approval) };
    assert_eq!(body(&sent(&bot, &decided))["blocks"][2]["elements"].as_array().unwrap().len(), 1);

    let hook = channel(json!({ "slack": { "webhook": "https://hooks.slack.com/services/T/B/x" } }));
    let message = body(&sent(&hook, &notice(&page)));
    assert_eq!(message["blocks"][0]["text"]["text"], "<@u1>");
    let buttons = message["blocks"][3]["elements"].as_array().unwrap().len();
    assert_eq!(buttons, 1, "without a signing secret no press could be proven");
}

#[test]
fn pagerduty_and_opsgenie_hold_one_thing_for_one_incident() {
    let pagerduty = channel(json!({ "pagerduty": { "routing_key": "secret:env/ROUTE" } }));
    let event = |kind| body(&sent(&pagerduty, &notice(&delivery(kind, None))));
    let page = event(NoticeKind::Page);
    assert_eq!((&page["event_action"], &page["dedup_key"]), (&json!("trigger"), &json!("shop/INC-7")));
    assert_eq!((&page["routing_key"], &page["payload"]["severity"]), (&json!("route"), &json!("critical")));
    assert_eq!(event(NoticeKind::Acknowledged)["event_action"], "acknowledge");
    assert_eq!(event(NoticeKind::Resolved)["dedup_key"], "shop/INC-7");
    assert_eq!(event(NoticeKind::Tell)["dedup_key"], "shop/INT-4");

    let opsgenie = channel(json!({ "opsgenie": { "api_key": "secret:env/GENIE" } }));
    let request = |kind| sent(&opsgenie, &notice(&delivery(kind, None)));
    let page = request(NoticeKind::Page);
    assert_eq!(page.url, "https://api.opsgenie.com/v2/alerts");
    assert_eq!(header(&page, "Authorization"), "GenieKey genie");
    assert_eq!(body(&page)["alias"], "shop/INC-7");
    let closed = request(NoticeKind::Resolved).url;
    assert_eq!(closed, "https://api.opsgenie.com/v2/alerts/shop%2FINC-7/close?identifierType=alias");
}

#[test]
fn links_are_for_one_person_and_one_deed() {
    let page = delivery(NoticeKind::Page, Some("oncall-ana"));
    let ntfy = sent(&channel(json!({ "ntfy": { "token": "tk_1" } })), &notice(&page));
    assert_eq!(ntfy.url, "https://ntfy.sh/");
    let message = body(&ntfy);
    assert_eq!((&message["topic"], &message["priority"]), (&json!("oncall-ana"), &json!(5)));
    assert_eq!(message["actions"][0]["method"], "POST");
    assert_eq!(opened(&message["actions"][0]["url"]), Deed::Acknowledge(IncidentId(7)));

    let approval = delivery(NoticeKind::Approval, None);
    let teams = channel(json!({ "teams": { "webhook": "https://example.org/flow" } }));
    let card = body(&sent(&teams, &notice(&approval)))["attachments"][0]["content"].clone();
    assert_eq!(card["actions"][0]["title"], "Approve");
    assert_eq!(opened(&card["actions"][1]["url"]), Deed::reject(RunId(3), HASH));
    let unsigned = Notice { key: None, ..notice(&approval) };
    let card = body(&sent(&teams, &unsigned))["attachments"][0]["content"].clone();
    assert_eq!(card["actions"].as_array().unwrap().len(), 1, "only the page is open to everybody");
}

#[test]
fn telegram_and_twilio_are_answered_by_what_they_hold() {
    let page = delivery(NoticeKind::Page, Some("4242"));
    let telegram = channel(json!({ "telegram": { "token": "1:abc", "webhook_secret": "s" } }));
    let request = sent(&telegram, &notice(&page));
    assert_eq!(request.url, "https://api.telegram.org/bot1:abc/sendMessage");
    assert_eq!(body(&request)["reply_markup"]["inline_keyboard"][0][0]["callback_data"], "ack INC-7");
    let here = Notice { url: "http://127.0.0.1:7070", ..notice(&page) };
    assert_eq!(
        body(&sent(&telegram, &here))["reply_markup"]["inline_keyboard"][0].as_array().unwrap().len(),
        1
    );

    let twilio = json!({ "account": "AC1", "token": "secret:env/TOKEN", "from": "+15550100" });
    let number = delivery(NoticeKind::Page, Some("+15550123"));
    let form = |request: &Request| -> Vec<(String, String)> {
        form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()
    };
    let sms = sent(&channel(json!({ "sms": twilio })), &notice(&number));
    assert_eq!(sms.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(header(&sms, "Authorization"), format!("Basic {}", BASE64_STANDARD.encode("AC1:token")));
    let fields = form(&sms);
    assert_eq!(fields[..2], [("To".into(), "+15550123".into()), ("From".into(), "+15550100".into())]);
    let code = link::code(KEY, IncidentId(7), "ana");
    assert!(fields[2].1.contains(&format!("Reply {code} to acknowledge INC-7")), "{fields:?}");
    assert_eq!(fields[3].1, "https://andon.example.org/answers/twilio/phone/INT-4");

    let call = sent(&channel(json!({ "voice": twilio })), &notice(&number));
    let fields = form(&call);
    assert!(call.url.ends_with("/Calls.json"));
    assert!(fields[2].1.contains("Press 1 to acknowledge") && fields[2].1.contains("pool &lt;exhausted&gt;"));
    assert!(fields[2].1.contains("https://andon.example.org/answers/twilio/phone/key/"), "{fields:?}");
}

#[test]
fn a_webhook_is_signed_as_a_source_of_another_andon_wants_it() {
    let webhook = channel(json!({ "webhook": {
        "url": "https://example.org/hook", "headers": { "x-team": "secret:env/SHOP" },
        "sign": { "secret": "secret:env/SIGN" } } }));
    let page = delivery(NoticeKind::Page, None);
    let request = sent(&webhook, &notice(&page));
    assert_eq!((header(&request, "x-team"), header(&request, "X-Andon-Timestamp")), ("shop", "1000"));
    let parts: [&[u8]; 3] = [b"1000", b":", request.body.as_bytes()];
    let signature = header(&request, "X-Andon-Signature");
    assert!(andon_intake::proof::is_signature(b"sign", &parts, signature), "{signature}");
    assert_eq!(opened(&body(&request)["links"]["acknowledge"]), Deed::Acknowledge(IncidentId(7)));
}

#[test]
fn what_is_sent_again_says_so() {
    let mut page = delivery(NoticeKind::Page, Some("Ana <ana@example.org>"));
    page.key = "shop/INT-4\r\nBcc: all@example.org".to_owned();
    let smtp = channel(json!({ "smtp": { "server": "mail:25", "from": "andon@example.org" } }));
    let again = Notice { attempt: 2, ..notice(&page) };
    let Ok(Some((Content::Mail(mail), _))) = compose(&smtp, &again, &secret) else { panic!("a mail") };
    let text = mail.text.unwrap();
    assert!(text.contains("sent again, attempt 2: it may have reached you before"), "{text}");
    assert!(text.contains("Acknowledge: https://andon.example.org/answers/link/"), "{text}");
    let restarted = Notice { restarted: true, ..notice(&page) };
    let Ok(Some((Content::Mail(repeated), _))) = compose(&smtp, &restarted, &secret) else {
        panic!("a mail")
    };
    let text = repeated.text.unwrap();
    assert!(text.contains("sent again, after a restart: it may have reached you before"), "{text}");
    assert!(!mail.subject.contains('\n') && !mail.headers[0].1.contains('\n'));
    assert_eq!(mail.to[0].mailbox, "ana@example.org");
}

/// Links, codes, keys and buttons that would be refused are not sent; why is.
#[test]
fn whoever_cannot_answer_is_told_so_and_given_nothing_to_answer_by() {
    let twilio = json!({ "account": "AC1", "token": "secret:env/TOKEN", "from": "+15550100" });
    let way = |name: &str, kind: Value| channel(json!({ name: kind }));
    let ways = [
        way("smtp", json!({ "server": "mail:25", "from": "andon@example.org" })),
        way("sms", twilio.clone()),
        way("voice", twilio),
        way("ntfy", json!({})),
        way("teams", json!({ "webhook": "https://example.org/teams" })),
        way("slack", json!({ "token": "secret:env/T", "signing_secret": "secret:env/S" })),
        way("telegram", json!({ "token": "1:a", "webhook_secret": "secret:env/W" })),
        way("webhook", json!({ "url": "https://example.org/hook" })),
    ];
    for (kind, what) in [(NoticeKind::Page, "INC-7"), (NoticeKind::Approval, "RUN-3")] {
        let told = delivery(kind, Some("https://ana@example.org"));
        for way in &ways {
            let to = if matches!(way, ChannelKind::Smtp(_)) {
                "ana@example.org"
            } else {
                "https://ana.example.org"
            };
            let told = Delivery { to: Some(to.to_owned()), ..told.clone() };
            let text = |can_answer| {
                let notice = Notice { can_answer, ..notice(&told) };
                match compose(way, &notice, &secret).unwrap().unwrap().0 {
                    Content::Mail(mail) => mail.text.unwrap(),
                    Content::Requests(requests) => {
                        let form = form_urlencoded::parse(requests[0].body.as_bytes());
                        form.map(|(name, value)| format!("{name} {value} ")).collect()
                    }
                }
            };
            let (asked, told) = (text(true), text(false));
            assert!(!asked.contains("no account"), "{asked}");
            let is_spoken = matches!(way, ChannelKind::Voice(_) | ChannelKind::Sms(_));
            if !(is_spoken && kind == NoticeKind::Approval) {
                let offers = ["/answers/link/", "/key/", "Reply ", "ack", "yes"];
                assert!(offers.iter().any(|way| asked.contains(way)), "{asked}");
            }
            assert!(told.contains("you have no account here") && told.contains(what), "{told}");
            for offer in ["/answers/link/", "/key/", "Reply ", "Press 1", "Approve", "andon ack"] {
                assert!(!told.contains(offer), "{offer}: {told}");
            }
        }
    }
    // Who is only told something is asked nothing.
    let news = delivery(NoticeKind::Resolved, Some("ana@example.org"));
    let smtp = channel(json!({ "smtp": { "server": "mail:25", "from": "andon@example.org" } }));
    let Ok(Some((Content::Mail(mail), _))) =
        compose(&smtp, &Notice { can_answer: false, ..notice(&news) }, &secret)
    else {
        panic!("a mail")
    };
    assert!(!mail.text.unwrap().contains("no account"));
}

#[test]
fn what_cannot_be_sent_says_why_and_tells_no_secret() {
    let page = delivery(NoticeKind::Page, Some("secret:env/BROKEN"));
    let nobody = delivery(NoticeKind::Page, None);
    let telegram = |token: &str| channel(json!({ "telegram": { "token": token } }));
    for (kind, delivery, why) in [
        (telegram("1:a"), &nobody, "the person's contact has no `to:`"),
        (telegram("1:a"), &page, "`to` has a line break in it"),
        (telegram("1/../a"), &page, "`token` is not one that BotFather gives"),
        (telegram("secret:env/MISSING"), &page, "`token`: secret:env/MISSING: there is no such variable"),
        (
            channel(json!({ "webhook": { "url": "file:///etc/passwd" } })),
            &nobody,
            "its address is none: it begins with http:// or https://, and a host follows",
        ),
    ] {
        assert_eq!(compose(&kind, &notice(delivery), &secret).unwrap_err().0, why);
    }
    let web = Instance::default().channels["web"].kind.clone();
    assert!(compose(&web, &notice(&nobody), &secret).unwrap().is_none());
}

#[test]
fn no_text_breaks_a_message() {
    let twilio = json!({ "account": "AC1", "token": "t", "from": "MG1" });
    let kinds: Vec<ChannelKind> = [
        json!({ "slack": { "token": "t", "signing_secret": "s" } }),
        json!({ "teams": { "webhook": "https://x" } }),
        json!({ "pagerduty": { "routing_key": "k" } }),
        json!({ "opsgenie": { "api_key": "k" } }),
        json!({ "ntfy": {} }),
        json!({ "telegram": { "token": "t", "webhook_secret": "s" } }),
        json!({ "sms": twilio }),
        json!({ "voice": twilio }),
        json!({ "smtp": { "server": "m:1", "from": "a@b" } }),
    ]
    .map(channel)
    .into();
    arbtest::arbtest(|u| {
        let mut page = delivery(NoticeKind::Page, Some("a@b"));
        page.subject = u.arbitrary()?;
        page.body = u.arbitrary()?;
        for kind in &kinds {
            match compose(kind, &notice(&page), &secret).unwrap() {
                Some((Content::Requests(requests), _)) => {
                    for request in requests {
                        assert!(request.headers.iter().all(|(_, value)| !value.contains(char::is_control)));
                        assert!(!request.url.contains(char::is_control));
                    }
                }
                Some((Content::Mail(mail), _)) => assert!(!mail.subject.contains(char::is_control)),
                None => panic!("it goes out"),
            }
        }
        Ok(())
    })
    .budget_ms(500);
}
