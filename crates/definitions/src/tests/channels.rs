//! Channels: what they need, and who cannot be reached through them.

use expect_test::{Expect, expect};

use super::check;

fn check_team(channels: &str, contacts: &str, expected: Expect) {
    let files = format!(
        "
== ops.yaml
apiVersion: andon/v1
kind: Instance
metadata: {{ name: shop }}
spec:
  default_team: web
{channels}
---
apiVersion: andon/v1
kind: Team
metadata: {{ name: web }}
spec:
  people: {{ ana: {{ timezone: UTC, contact: [ {contacts} ] }} }}
  escalation: [ {{ page: ana }} ]
"
    );
    check(&files, expected);
}

#[test]
fn every_kind_is_read_with_its_rate() {
    check_team(
        "  external_url: https://andon.example.org
  answers: { secret: secret:env/ANSWERS }
  channels:
    web: { web: {} }
    hook: { webhook: { url: 'https://example.org', sign: { secret: secret:env/S } } }
    chat: { slack: { token: secret:env/S, signing_secret: secret:env/S }, rate: { max: 1, per: 1s } }
    room: { slack: { webhook: secret:env/S } }
    teams: { teams: { webhook: secret:env/S } }
    pager: { pagerduty: {} }
    genie: { opsgenie: { api_key: secret:env/S, url: 'https://api.eu.opsgenie.com/' } }
    push: { ntfy: {} }
    bot: { telegram: { token: secret:env/S, webhook_secret: secret:env/S } }
    phone: { sms: { account: AC1, token: secret:env/S, from: '+15550100' } }
    call: { voice: { account: AC1, token: secret:env/S, from: '+15550100' } }",
        "{ channel: chat, to: U1 }, { channel: room }, { channel: teams }, { channel: pager, to: secret:env/P }, \
         { channel: genie }, { channel: push, to: secret:env/P }, { channel: bot, to: secret:env/P }, \
         { channel: phone, to: secret:file/phones/ana }, { channel: call, to: secret:file/phones/ana }",
        expect![""],
    );
}

#[test]
fn who_cannot_be_reached_is_an_error_and_a_number_in_the_files_a_warning() {
    check_team(
        "  channels:
    push: { ntfy: {} }
    pager: { pagerduty: {} }
    phone: { sms: { account: AC1, token: secret:env/S, from: '+15550100' } }",
        "{ channel: push }, { channel: pager }, { channel: phone, to: '+15550123' }, { channel: phones, to: x }",
        expect![[r#"
            error[unreachable]: `ana` cannot be reached: ntfy needs a topic
              --> ops.yaml:15:46
               |
            15 |   people: { ana: { timezone: UTC, contact: [ { channel: push }, { channel: pager }, { channel: phone, to: '+15550123' }, { channel: ...
               |                                              ^^^^^^^^^^^^^^^^^
               |
               = help: add `to:`

            error[unreachable]: `ana` cannot be reached: the channel has no routing_key, so each contact needs one
              --> ops.yaml:15:65
               |
            15 |   people: { ana: { timezone: UTC, contact: [ { channel: push }, { channel: pager }, { channel: phone, to: '+15550123' }, { channel: ...
               |                                                                 ^^^^^^^^^^^^^^^^^^
               |
               = help: add `to:`

            warning[address-in-files]: the number of `ana` stands in the files for all to read
              --> ops.yaml:15:107
               |
            15 |   people: { ana: { timezone: UTC, contact: [ { channel: push }, { channel: pager }, { channel: phone, to: '+15550123' }, { channel: ...
               |                                                                                                           ^^^^^^^^^^^
               |
               = help: write `to: secret:file/phones/ana`, and the number there

            error[unknown-reference]: the instance has no channel `phones`
              --> ops.yaml:15:133
               |
            15 | ...el: pager }, { channel: phone, to: '+15550123' }, { channel: phones, to: x } ] } }
               |                                                                 ^^^^^^
               |
               = help: did you mean `phone`?

        "#]],
    );
}

#[test]
fn what_a_channel_lacks_is_named() {
    check_team(
        "  channels:
    push: { ntfy: {}, rate: { max: 0, per: 1s } }
    phone: { sms: { account: AC1, from: '+15550100' } }
    odd: { slak: { token: x } }",
        "{ channel: push, to: secret:env/S }",
        expect![[r#"
            error[out-of-range]: at least 1 is needed here
             --> ops.yaml:7:36
              |
            7 |     push: { ntfy: {}, rate: { max: 0, per: 1s } }
              |                                    ^

            error[missing-key]: `token` is missing
             --> ops.yaml:8:21
              |
            8 |     phone: { sms: { account: AC1, from: '+15550100' } }
              |                     ^^^^^^^
              |
              = help: `token`: The account's auth token: it signs in, and proves what Twilio calls back with

            error[unknown-key]: unknown key `slak`
             --> ops.yaml:9:12
              |
            9 |     odd: { slak: { token: x } }
              |            ^^^^
              |
              = help: did you mean `slack`?

        "#]],
    );
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    check_team(
        "  answers: { secret: secret:env/S }
  channels:
    chat: { slack: { token: secret:env/S, webhook: secret:env/S } }",
        "{ channel: chat, to: U1 }",
        expect![[r#"
            error[unreachable]: nothing says where providers and telephones reach this Andon
             --> ops.yaml:6:12
              |
            6 |   answers: { secret: secret:env/S }
              |            ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `url: https://…` to `answers`, or `external_url` to the instance's spec

            error[conflict]: a channel of Slack has either a token or a webhook
             --> ops.yaml:8:20
              |
            8 |     chat: { slack: { token: secret:env/S, webhook: secret:env/S } }
              |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: `token` writes to each member, `webhook` to one channel

        "#]],
    );
}

/// What is found at a contact's `to`, a number that stands in the files aside.
fn refused(kind: &str, to: &str) -> bool {
    let text = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: shop }}\nspec:\n  default_team: web\n  channels: {{ it: {{ {kind} }} }}
---\napiVersion: andon/v1\nkind: Team\nmetadata: {{ name: web }}\nspec:
  people: {{ ana: {{ timezone: UTC, contact: [ {{ channel: it, to: {to:?} }} ] }} }}\n  escalation: [ {{ page: ana }} ]\n"
    );
    let file = crate::SourceFile { path: "ops.yaml".to_owned(), text };
    let found = crate::load(&[file]).1;
    assert!(found.iter().all(|one| ["unreachable", "address-in-files"].contains(&&*one.code)), "{found:?}");
    found.iter().any(|one| one.code == "unreachable" && one.line == 12)
}

#[test]
fn an_address_that_nothing_can_be_sent_to_is_an_error() {
    let twilio = "{ account: AC1, token: secret:env/S, from: '+15550100' }";
    let (sms, voice) = (format!("sms: {twilio}"), format!("voice: {twilio}"));
    for (kind, well, wrong) in [
        (
            "webhook: { url: 'https://example.org' }",
            vec!["https://chat.example.org/ana?x=1", "http://127.0.0.1:8080", "secret:env/ANA"],
            vec!["ana", "ftp://example.org", "https://", "https://a b", "https://example.org/\r\nx"],
        ),
        (
            "smtp: { server: 'mail.example.org:587', from: andon@example.org }",
            vec![
                "ana@example.org",
                "\"Ana, on call\" <ana+night@example.org>",
                "ana@[::1]",
                "secret:file/ana",
            ],
            vec!["ana", "@example.org", "ana@", "ana@example.org\r\nBcc: b@example.org", "a@b, c@d"],
        ),
        (
            "slack: { token: secret:env/S }",
            vec!["U012AB3CD", "#général", "@ana"],
            vec!["", "Ana Example", "U1\nU2"],
        ),
        ("pagerduty: {}", vec!["0123456789abcdef"], vec!["a key"]),
        ("ntfy: {}", vec!["shop-ana_7"], vec!["shop ana", "shop/ana", "", "änä"]),
        (
            "telegram: { token: secret:env/S }",
            vec!["4242", "-100123", "@shop_night"],
            vec!["ana", "@", "-", "42 42", "t.me/shop"],
        ),
        (
            &sms,
            vec!["+15550123", "+1 (555) 010-0123", "whatsapp:+34600123456"],
            vec!["0600123456", "+0600123456", "ana", "+12345678901234567", "sip:ana@example.org"],
        ),
        (
            &voice,
            vec!["+15550123", "sip:ana@example.org", "client:ana"],
            vec!["555", "whatsapp:+34600123456"],
        ),
        ("opsgenie: { api_key: secret:env/S }", vec!["whatever it is"], vec![]),
    ] {
        for to in well {
            assert!(!refused(kind, to), "{kind}: {to:?}");
        }
        for to in wrong {
            assert!(refused(kind, to), "{kind}: {to:?}");
        }
    }
}

const TWO_TEAMS: &str = "
== ops.yaml
apiVersion: andon/v1
kind: Instance
metadata: { name: shop }
spec:
  default_team: web
  channels: { hook: { webhook: { url: 'https://example.org' } }, web: { web: {} } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: db }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: web } ] }
    ben: { timezone: UTC, contact: [ { channel: web } ] }
---
apiVersion: andon/v1
kind: Team
metadata: { name: web }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: hook } ] }
    ben: { timezone: UTC, contact: [ { channel: web } ] }
  escalation: [ { page: ana } ]
";

#[test]
fn a_handle_is_one_person_in_all_teams() {
    check(
        TWO_TEAMS,
        expect![[r#"
        error[conflict]: `ana` has another `contact` in team `db`: one handle is one person
          --> ops.yaml:21:10
           |
        13 |     ana: { timezone: UTC, contact: [ { channel: web } ] }
           |          ------------------------------------------------ in team `db`
        ...
        21 |     ana: { timezone: UTC, contact: [ { channel: hook } ] }
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: write the same in both, or call one of them otherwise

    "#]],
    );
}

#[test]
fn handles_that_differ_in_capitals_alone_are_said() {
    check(
        &TWO_TEAMS.replace(
            "ana: { timezone: UTC, contact: [ { channel: hook } ] }",
            "Ana: { timezone: UTC, contact: [ { channel: web } ] }",
        ),
        expect![[r#"
            warning[conflict]: `Ana` and `ana` differ in capitals alone: only one of them can have an account
              --> ops.yaml:21:10
               |
            13 |     ana: { timezone: UTC, contact: [ { channel: web } ] }
               |          ------------------------------------------------ in team `db`
            ...
            21 |     Ana: { timezone: UTC, contact: [ { channel: web } ] }
               |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
               |
               = help: one handle is one person: write it the same everywhere, or call one of them otherwise

        "#]],
    );
}

#[test]
fn a_handle_that_no_account_can_have_is_said() {
    let files = TWO_TEAMS.replace("ana:", "'x/y z':").replace("page: ana", "page: ben");
    let files = files.replace("channel: hook", "channel: web");
    check(
        &files,
        expect![[r#"
        warning[wrong-value]: no account can be called `x/y z`: a handle consists of letters, digits and . _ - @ +, and begins with a letter or digit
          --> ops.yaml:13:14
           |
        13 |     'x/y z': { timezone: UTC, contact: [ { channel: web } ] }
           |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: call them otherwise, here and where they are named

        warning[wrong-value]: no account can be called `x/y z`: a handle consists of letters, digits and . _ - @ +, and begins with a letter or digit
          --> ops.yaml:21:14
           |
        21 |     'x/y z': { timezone: UTC, contact: [ { channel: web } ] }
           |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: call them otherwise, here and where they are named

    "#]],
    );
}
