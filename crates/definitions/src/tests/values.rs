//! Keys and values of the wrong kind.

use expect_test::expect;

use super::{SHOP, check_shop, file};
use crate::load;
use crate::scalar::Period;

#[test]
fn unknown_and_missing_keys() {
    check_shop(
        "  ack_expires: 20m",
        "  ack_expire: 20m",
        expect![[r#"
            error[unknown-key]: unknown key `ack_expire`
              --> ops.yaml:33:3
               |
            33 |   ack_expire: 20m
               |   ^^^^^^^^^^
               |
               = help: did you mean `ack_expires`?

        "#]],
    );
    check_shop(
        "spec: { owner: payments }",
        "spec: { tier: 4 }",
        expect![[r#"
            error[missing-key]: `owner` is missing
              --> ops.yaml:38:9
               |
            38 | spec: { tier: 4 }
               |         ^^^^
               |
               = help: `owner`: a team: team:NAME, or its bare name

            error[out-of-range]: at most 3 is allowed here
              --> ops.yaml:38:15
               |
            38 | spec: { tier: 4 }
               |               ^

        "#]],
    );
}

/// What may be left out is held against its format as what must be there is.
#[test]
fn texts_that_may_be_left_out() {
    let with = |interval: &str| {
        load(&[file(
            "ops.yaml",
            &SHOP.replacen("    interval: 15s", &format!("    interval: {interval}"), 1),
        )])
    };
    let found: Vec<String> = with("1ms").1.into_iter().map(|found| found.message).collect();
    assert_eq!(found, ["at least 10ms is needed here"]);
    // As Prometheus has it: what holds for all groups.
    let (catalog, found) = with("0s");
    assert_eq!(found, []);
    assert_eq!(catalog.interval_of(&catalog.rules[0]), Period::minutes(1));
}

#[test]
fn types() {
    check_shop(
        "version: v41, ready",
        "version: 41, ready",
        expect![[r#"
            error[wrong-type]: expected text, found the number 41
              --> ops.yaml:48:77
               |
            48 |   platform: { local: { argv: [storefront, checkout], instances: 3, version: 41, ready: /healthz } }
               |                                                                             ^^
               |
               = help: write it in quotes

        "#]],
    );
    check_shop(
        "instances: 3",
        "instances: three",
        expect![[r#"
            error[wrong-type]: expected a whole number, found text
              --> ops.yaml:48:65
               |
            48 |   platform: { local: { argv: [storefront, checkout], instances: three, version: v41, ready: /healthz } }
               |                                                                 ^^^^^

        "#]],
    );
    check_shop(
        "depends_on: [service:orders-db]",
        "depends_on: service:orders-db",
        expect![[r#"
            error[wrong-type]: expected a list, found text
              --> ops.yaml:46:15
               |
            46 |   depends_on: service:orders-db
               |               ^^^^^^^^^^^^^^^^^

        "#]],
    );
    check_shop(
        "  select: { service: checkout }",
        "  select:",
        expect![[r#"
            error[no-value]: this key has no value
              --> ops.yaml:47:3
               |
            47 |   select:
               |   ^^^^^^
               |
               = help: expected a mapping; leave the key out where the default is meant

        "#]],
    );
}

#[test]
fn choices() {
    check_shop(
        "mode: act",
        "mode: atc",
        expect![[r#"
            error[wrong-value]: `atc` is not known here
             --> ops.yaml:9:9
              |
            9 |   mode: atc
              |         ^^^
              |
              = help: did you mean `act`?

        "#]],
    );
    check_shop(
        "metrics: embedded",
        "metrics: { prometheus: { url: mimir, timeout: soon } }",
        expect![[r#"
            error[wrong-value]: `mimir` is not an address: it begins with http:// or https://
             --> ops.yaml:8:33
              |
            8 |   metrics: { prometheus: { url: mimir, timeout: soon } }
              |                                 ^^^^^

            error[wrong-value]: `soon` is not a duration such as 30s, 5m, 1h30m or 1w
             --> ops.yaml:8:49
              |
            8 |   metrics: { prometheus: { url: mimir, timeout: soon } }
              |                                                 ^^^^

        "#]],
    );
    check_shop(
        "web: { web: {} }",
        "web: { wbe: {} }",
        expect![[r#"
            error[unknown-key]: unknown key `wbe`
              --> ops.yaml:15:12
               |
            15 |     web: { wbe: {} }
               |            ^^^
               |
               = help: did you mean `web`?

        "#]],
    );
    check_shop(
        "web: { web: {} }",
        "web: { web: { url: x } }",
        expect![[r#"
            error[unknown-key]: unknown key `url`
              --> ops.yaml:15:19
               |
            15 |     web: { web: { url: x } }
               |                   ^^^

        "#]],
    );
    check_shop(
        "below: 0.8, for: 30s",
        "below: 0.8, above: 1",
        expect![[r#"
            error[unknown-key]: `above` does not belong with the other keys here
               --> ops.yaml:102:74
                |
            102 |       verify: { query: 'max(db_pool_in_use / db_pool_size)', below: 0.8, above: 1, within: 5m, no_data: fail }
                |                                                                          ^^^^^

        "#]],
    );
    check_shop(
        "path: /healthz, every: 5s, status",
        "path: /healthz, url: 'http://x', status",
        expect![[r#"
            error[conflict]: `path` and `url` exclude each other
              --> ops.yaml:50:23
               |
            50 |   probes: [ { http: { path: /healthz, url: 'http://x', status: 200, under: 500ms } }, { tcp: {} } ]
               |                       ^^^^
               |
               = help: keep one of them

        "#]],
    );
}

#[test]
fn small_texts() {
    check_shop(
        "ack_expires: 20m",
        "ack_expires: 20 minutes",
        expect![[r#"
            error[wrong-value]: `20 minutes` is not a duration such as 30s, 5m, 1h30m or 1w
              --> ops.yaml:33:16
               |
            33 |   ack_expires: 20 minutes
               |                ^^^^^^^^^^

        "#]],
    );
    check_shop(
        "at: '09:00', timezone: Europe/Madrid } }",
        "at: '9', timezone: Europe/Madird } }",
        expect![[r#"
            error[wrong-value]: `9` is not a time of day such as 09:00
              --> ops.yaml:27:73
               |
            27 |     primary: { people: [ana, ben], every: 1w, handover: { day: mon, at: '9', timezone: Europe/Madird } }
               |                                                                         ^^^

            error[wrong-value]: `Europe/Madird` is not a time zone such as Europe/Madrid or UTC
              --> ops.yaml:27:88
               |
            27 |     primary: { people: [ana, ben], every: 1w, handover: { day: mon, at: '9', timezone: Europe/Madird } }
               |                                                                                        ^^^^^^^^^^^^^

        "#]],
    );
    check_shop(
        "url: secret:env/CHAT_URL",
        "url: secret:chat-url",
        expect![[r#"
            error[wrong-value]: `secret:chat-url` names no secret: write secret:env/NAME or secret:file/PATH
              --> ops.yaml:16:29
               |
            16 |     chat: { webhook: { url: secret:chat-url, headers: { Authorization: secret:file/run/token } } }
               |                             ^^^^^^^^^^^^^^^

        "#]],
    );
    check_shop(
        "'20x88 20+2x40 100x111'",
        "'20x88 20+2y40 100x111'",
        expect![[r#"
            error[wrong-value]: `20+2y40` is not in promtool's notation
               --> ops.yaml:127:22
                |
            127 |       values: '20x88 20+2y40 100x111'
                |                      ^^^^^^^
                |
                = help: such as `1`, `5x10` (5, eleven times), `0+2x10` (0, 2, … 20), `_` or `stale`

        "#]],
    );
    check_shop(
        "currency: EUR",
        "currency: euro",
        expect![[r#"
            error[wrong-value]: `euro` is not a currency: three capital letters such as EUR
              --> ops.yaml:51:46
               |
            51 |   value_per_minute: { amount: 120, currency: euro }
               |                                              ^^^^

        "#]],
    );
}

#[test]
fn rules() {
    check_shop(
        "            > 0.9",
        "            > > 0.9",
        expect![[r#"
            error[promql]: PromQL: this is not PromQL
              --> ops.yaml:63:11
               |
            63 | /           max by (service) (job:use:ratio)
            64 | |             > > 0.9
               | |___________________^

        "#]],
    );
    check_shop(
        "        expr: db_pool_in_use / db_pool_size",
        "        expr: rate(db_pool_in_use)",
        expect![[r#"
            error[promql]: PromQL: expected type matrix in call to function 'rate', got vector
              --> ops.yaml:60:15
               |
            60 |         expr: rate(db_pool_in_use)
               |               ^^^^

        "#]],
    );
    check_shop(
        "        for: 2m",
        "        fro: 2m",
        expect![[r#"
            error[unknown-key]: unknown key `fro`
              --> ops.yaml:65:9
               |
            65 |         fro: 2m
               |         ^^^
               |
               = help: did you mean `for`?

        "#]],
    );
    check_shop(
        "humanizePercentage",
        "humanizePercent",
        expect![[r#"
            error[template]: no function of templates is called `humanizePercent`
              --> ops.yaml:67:73
               |
            67 |         annotations: { summary: '{{ $labels.service }} uses {{ $value | humanizePercent }} of its pool' }
               |                                                                         ^^^^^^^^^^^^^^^
               |
               = help: did you mean `humanizePercentage`?

        "#]],
    );
    check_shop(
        "    interval: 15s",
        "    interval: 15s\n    limit: many",
        expect![[r#"
            error[wrong-type]: expected a whole number, found text
              --> ops.yaml:58:12
               |
            58 |     limit: many
               |            ^^^^

        "#]],
    );
}
