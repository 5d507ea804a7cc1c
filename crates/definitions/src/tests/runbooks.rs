//! Runbooks that would do harm.

use expect_test::expect;

use super::check_shop;

#[test]
fn a_change_is_verified_and_can_be_undone() {
    check_shop(
        "      irreversible: a cache fills again by itself\n",
        "",
        expect![[r#"
            error[no-way-back]: `http` changes something and cannot be undone
               --> ops.yaml:105:13
                |
            105 |       uses: http
                |             ^^^^
                |
                = help: add `rollback:`, or say why there is none with `irreversible:`

        "#]],
    );
    check_shop(
        "      verify: { query: 'up', equals: 1, within: 1m }\n",
        "",
        expect![[r#"
            error[unverified]: `http` changes something and nothing verifies that it helped
               --> ops.yaml:105:13
                |
            105 |       uses: http
                |             ^^^^
                |
                = help: add `verify: { query: …, below: …, within: … }`

        "#]],
    );
}

#[test]
fn who_approves_alone_is_always_listed() {
    check_shop("reason: required, review: true", "reason: required", expect![[""]]);
    check_shop(
        "review: true",
        "review: false",
        expect![[r#"
        error[conflict]: who approves alone is always listed in the incident's review
          --> ops.yaml:97:102
           |
        97 |       approve: { from: 'oncall:payments/primary', not: requester, alone: { reason: required, review: false }, expires: 15m, on_expir...
           |                                                                                                      ^^^^^
           |
           = help: write `true`, or leave `review` out

    "#]],
    );
}

#[test]
fn a_step_of_ones_own_says_what_may_follow() {
    check_shop(
        "      repeat: after_lookup\n",
        "",
        expect![[r#"
            error[no-repeat]: `http` does not say what may follow when nobody knows whether it happened
               --> ops.yaml:105:13
                |
            105 |       uses: http
                |             ^^^^
                |
                = help: add `repeat:` harmless, with_key, after_lookup or ask_person

            error[conflict]: this `lookup` is never used
               --> ops.yaml:107:15
                |
            107 |       lookup: { http: { url: 'http://127.0.0.1:9/flushed' } }
                |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                |
                = help: add `repeat: after_lookup`, or leave it out

        "#]],
    );
    check_shop(
        "      lookup: { http: { url: 'http://127.0.0.1:9/flushed' } }\n",
        "",
        expect![[r#"
            error[no-lookup]: `after_lookup` needs a `lookup` that says whether it happened
               --> ops.yaml:107:15
                |
            107 |       repeat: after_lookup
                |               ^^^^^^^^^^^^
                |
                = help: add `lookup: { promql: { query: …, equals: … } }` or `lookup: { http: { url: … } }`

        "#]],
    );
    check_shop(
        "      retry: { max: 2, backoff: 10s }\n",
        "      repeat: harmless\n",
        expect![[r#"
            error[conflict]: `platform.scale` knows itself what may follow when nobody knows whether it happened
               --> ops.yaml:101:15
                |
            101 |       repeat: harmless
                |               ^^^^^^^^
                |
                = help: leave `repeat` out

        "#]],
    );
}

#[test]
fn labels_of_alerts_are_untrusted() {
    check_shop(
        "    add: { type: integer, default: 2, min: 1, max: 4 }",
        "    add: { type: integer, default: 9, min: 1, max: 4 }\n    host: { type: string, from: alert.labels.host }",
        expect![[r#"
            error[input]: 9 is not between 1 and 4
              --> ops.yaml:81:36
               |
            81 |     add: { type: integer, default: 9, min: 1, max: 4 }
               |                                    ^

            error[input]: an alert's labels are untrusted: this input takes any text
              --> ops.yaml:82:33
               |
            82 |     host: { type: string, from: alert.labels.host }
               |                                 ^^^^^^^^^^^^^^^^^
               |
               = help: add `pattern:`, which the whole text must match

        "#]],
    );
}

#[test]
fn expressions() {
    check_shop(
        "\"!within('office-hours') || service.tier == 1\"",
        "service.tier === 1",
        expect![[r#"
            error[cel]: CEL: token recognition error at: '= '
              --> ops.yaml:96:26
               |
            96 |       if: service.tier === 1
               |                          ^

        "#]],
    );
    check_shop(
        "\"!within('office-hours') || service.tier == 1\"",
        "within('office') && servce.tier == 1",
        expect![[r#"
            error[cel]: nothing is called `servce` here
              --> ops.yaml:96:31
               |
            96 |       if: within('office') && servce.tier == 1
               |                               ^^^^^^
               |
               = help: did you mean `service`?

        "#]],
    );
    check_shop(
        "'service/${{ inputs.service }}'",
        "'service/${{ inputs.servic }}'",
        expect![[r#"
            error[unknown-reference]: no input is called `servic`
              --> ops.yaml:85:31
               |
            85 |     lock: { key: 'service/${{ inputs.servic }}', held: wait }
               |                               ^^^^^^^^^^^^^
               |
               = help: did you mean `service`?

        "#]],
    );
    check_shop(
        "to: '${{ steps.scale.before.instances }}'",
        "to: '${{ steps.tell.before.instances }}'",
        expect![[r#"
            error[unknown-reference]: no earlier step is called `tell`
               --> ops.yaml:103:92
                |
            103 |       rollback: { uses: platform.scale, with: { service: '${{ inputs.service }}', to: '${{ steps.tell.before.instances }}' } }
                |                                                                                            ^^^^^^^^^^
                |
                = help: there is `diagnose`, `gate` and `scale`

        "#]],
    );
    check_shop(
        "'${{ run.outcome }}: ${{ run.url }}'",
        "'${{ run.outcome }: ${{ run.url'",
        expect![[r#"
            error[cel]: `${{` is never closed
               --> ops.yaml:114:36
                |
            114 |       with: { to: incident, text: '${{ run.outcome }: ${{ run.url' }
                |                                    ^^^
                |
                = help: close it with `}}`

        "#]],
    );
    check_shop(
        "\"!within('office-hours') || service.tier == 1\"",
        "inputs.all(x, x == 1)",
        expect![[r#"
            error[cel]: a comprehension runs over a list that is written out
              --> ops.yaml:96:11
               |
            96 |       if: inputs.all(x, x == 1)
               |           ^^^^^^^^^^^^^^^^^^^^^
               |
               = help: the order of a map's entries varies, so a decision could too

        "#]],
    );
}

#[test]
fn queries_are_bound() {
    check_shop(
        "{service=$service}",
        "{service=$sevice}",
        expect![[r#"
            error[unknown-reference]: `$sevice` is not bound: no input is called so
              --> ops.yaml:89:46
               |
            89 |     stop_if: { query: 'job:use:ratio{service=$sevice}', above: 2, times: start }
               |                                              ^^^^^^^
               |
               = help: did you mean `service`?

        "#]],
    );
}

#[test]
fn actions() {
    check_shop(
        "      uses: notify\n",
        "      uses: notfy\n",
        expect![[r#"
            error[wrong-value]: `notfy` is not known here
               --> ops.yaml:113:13
                |
            113 |       uses: notfy
                |             ^^^^^
                |
                = help: did you mean `notify`?

        "#]],
    );
    check_shop(
        "to: incident,",
        "to: chatt,",
        expect![[r#"
            error[unknown-reference]: no team has a person called `chatt`
               --> ops.yaml:114:19
                |
            114 |       with: { to: chatt, text: '${{ run.outcome }}: ${{ run.url }}' }
                |                   ^^^^^
                |
                = help: there is `ana` and `ben`

        "#]],
    );
    check_shop(
        "attach: chart",
        "attached: chart",
        expect![[r#"
            error[unknown-key]: unknown key `attached`
              --> ops.yaml:94:60
               |
            94 |       with: { query: 'max(db_pool_in_use / db_pool_size)', attached: chart }
               |                                                            ^^^^^^^^
               |
               = help: did you mean `attach`?

        "#]],
    );
    check_shop(
        "add: '${{ inputs.add }}', max: 10",
        "add: two, max: 10",
        expect![[r#"
            error[wrong-type]: `two` is neither a number nor one `${{ … }}`
               --> ops.yaml:100:54
                |
            100 |       with: { service: '${{ inputs.service }}', add: two, max: 10 }
                |                                                      ^^^

        "#]],
    );
}

#[test]
fn not_yet() {
    check_shop(
        "trust: { start: approve, ceiling: auto }",
        "trust: { start: approve, promote: { after: 20 verified } }",
        expect![[r#"
            error[not-yet]: not yet: promotion by record; change `start` by hand
              --> ops.yaml:83:28
               |
            83 |   trust: { start: approve, promote: { after: 20 verified } }
               |                            ^^^^^^^

        "#]],
    );
    check_shop(
        "run_per: incident",
        "run_per: target",
        expect![[r#"
            error[not-yet]: not yet: one run for each target; write `incident`
              --> ops.yaml:78:12
               |
            78 |   run_per: target
               |            ^^^^^^

        "#]],
    );
}

#[test]
fn a_rule_that_no_alert_matches() {
    check_shop(
        "match: { alertname: DbPoolExhausted }",
        "match: { alertname: DbPoolExausted }",
        expect![[r#"
            warning[never-launched]: no rule raises an alert called `DbPoolExausted`
              --> ops.yaml:77:34
               |
            77 |     alert: { match: { alertname: DbPoolExausted }, state: firing }
               |                                  ^^^^^^^^^^^^^^
               |
               = help: did you mean `DbPoolExhausted`?

        "#]],
    );
}
