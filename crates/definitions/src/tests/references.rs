//! Names of what does not exist, twice exists, or goes round.

use expect_test::expect;

use super::{check, check_shop};

#[test]
fn services() {
    check_shop(
        "spec: { owner: payments }",
        "spec: { owner: team:paymets, depends_on: [checkout] }",
        expect![[r#"
            error[unknown-reference]: no team is called `paymets`
              --> ops.yaml:38:16
               |
            38 | spec: { owner: team:paymets, depends_on: [checkout] }
               |                ^^^^^^^^^^^^
               |
               = help: did you mean `payments`?

            error[cycle]: dependencies go round in a circle: checkout → orders-db → checkout
              --> ops.yaml:38:43
               |
            38 | spec: { owner: team:paymets, depends_on: [checkout] }
               |                                           ^^^^^^^^
               |
               = help: leave out the one that the service can do without

        "#]],
    );
}

#[test]
fn duplicates_name_both_places() {
    check(
        r#"
== a.yaml
apiVersion: andon/v1
kind: Service
metadata: { name: shop }
spec: { owner: web }
---
apiVersion: andon/v1
kind: Team
metadata: { name: web }
spec:
  people: { ana: { timezone: UTC, contact: [ { channel: web } ] } }
  escalation: [ { page: ana } ]
== b.yaml
apiVersion: andon/v1
kind: Service
metadata: { name: shop }
spec: { owner: web }
"#,
        expect![[r#"
            error[duplicate]: two definitions are called Service `shop`
             --> b.yaml:3:19
              |
            3 | metadata: { name: shop }
              |                   ^^^^
              |
             ::: a.yaml:3:19
              |
            3 | metadata: { name: shop }
              |                   ---- first here
              |
              = help: rename one of them

        "#]],
    );
}

#[test]
fn people_and_channels() {
    check_shop(
        "people: [ana, ben]",
        "people: [anna, ben]",
        expect![[r#"
            error[unknown-reference]: `anna` is not among the team's people
              --> ops.yaml:27:25
               |
            27 |     primary: { people: [anna, ben], every: 1w, handover: { day: mon, at: '09:00', timezone: Europe/Madrid } }
               |                         ^^^^
               |
               = help: did you mean `ana`?

        "#]],
    );
    check_shop(
        "{ channel: chat }",
        "{ channel: caht }",
        expect![[r#"
            error[unknown-reference]: the instance has no channel `caht`
              --> ops.yaml:25:77
               |
            25 |     ben: { timezone: Europe/Lisbon, contact: [ { channel: web }, { channel: caht } ] }
               |                                                                             ^^^^
               |
               = help: did you mean `chat`?

        "#]],
    );
    check_shop(
        "{ channel: mail, to: secret:env/ANA }",
        "{ channel: mail }",
        expect![[r#"
            error[unreachable]: `ana` cannot be reached: mail needs an address
              --> ops.yaml:24:66
               |
            24 |     ana: { timezone: Europe/Madrid, contact: [ { channel: web }, { channel: mail } ] }
               |                                                                  ^^^^^^^^^^^^^^^^^
               |
               = help: add `to:`

        "#]],
    );
}

#[test]
fn an_escalation_reaches_somebody_and_moves_on() {
    check_shop(
        "    - { page: 'oncall:primary' }\n",
        "    - { page: 'oncall:primry' }\n",
        expect![[r#"
            error[unknown-reference]: team `payments` has no rotation `primry`
              --> ops.yaml:29:15
               |
            29 |     - { page: 'oncall:primry' }
               |               ^^^^^^^^^^^^^^^
               |
               = help: did you mean `primary`?

        "#]],
    );
    check_shop(
        "{ after: 10m, page: [ben, ana] }",
        "{ after: 1m, page: zoe }",
        expect![[r#"
            error[out-of-order]: this step comes after 5m, not at 1m
              --> ops.yaml:31:16
               |
            31 |     - { after: 1m, page: zoe }
               |                ^^
               |
               = help: `after` counts from the first page, so it grows from step to step

            error[unknown-reference]: no team has a person called `zoe`
              --> ops.yaml:31:26
               |
            31 |     - { after: 1m, page: zoe }
               |                          ^^^
               |
               = help: there is `ana` and `ben`

        "#]],
    );
    check(
        r#"
apiVersion: andon/v1
kind: Service
metadata: { name: shop }
spec: { owner: web }
---
apiVersion: andon/v1
kind: Team
metadata: { name: web }
spec: { people: { ana: { timezone: UTC, contact: [ { channel: web } ] } } }
"#,
        expect![[r#"
            error[reaches-nobody]: the alerts of team `web` reach nobody: its escalation pages no one
             --> ops.yaml:8:19
              |
            8 | metadata: { name: web }
              |                   ^^^
              |
              = help: add `escalation: [ { page: 'oncall:ROTATION' } ]`

        "#]],
    );
}

#[test]
fn scenarios() {
    check_shop(
        "{ never: { page: ben } }",
        "{ never: { page: bob } }",
        expect![[r#"
            error[unknown-reference]: no team has a person called `bob`
               --> ops.yaml:144:16
                |
            144 |     - { never: { page: bob } }
                |                ^^^^^^^^^^^^^
                |
                = help: there is `ana` and `ben`

        "#]],
    );
    check_shop(
        "{ sent: scale, times: 1 }",
        "{ sent: scaled, times: 1 }",
        expect![[r#"
            error[unknown-reference]: no runbook has a step called `scaled`
               --> ops.yaml:146:15
                |
            146 |     - { sent: scaled, times: 1 }
                |               ^^^^^^
                |
                = help: did you mean `scale`?

        "#]],
    );
    check_shop(
        "{ alert: DbPoolExhausted, is: firing, within: 34m }",
        "{ alert: DbPool, is: fireing }",
        expect![[r#"
            error[wrong-value]: `fireing` is not known here
               --> ops.yaml:142:28
                |
            142 |     - { alert: DbPool, is: fireing }
                |                            ^^^^^^^
                |
                = help: did you mean `firing`?

        "#]],
    );
    check_shop(
        "{ when: { paged: ben }, does: nothing }",
        "{ at: 1m, does: nothing }",
        expect![[r#"
            error[conflict]: nobody is there to do it
               --> ops.yaml:136:23
                |
            136 |     - { at: 1m, does: nothing }
                |                       ^^^^^^^
                |
                = help: add `when: { asked: PERSON }` or `when: { paged: PERSON }`

        "#]],
    );
}
