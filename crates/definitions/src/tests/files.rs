//! Files that are not what they should be.

use expect_test::expect;

use super::check;

#[test]
fn broken_yaml_costs_one_finding_and_the_rest_loads() {
    check(
        r#"
apiVersion: andon/v1
kind: Team
metadata: { name: a
spec: {}
---
apiVersion: andon/v1
kind: Service
metadata: { name: shop }
spec: { owner: nobody }
"#,
        expect![[r#"
            error[yaml]: broken YAML: while parsing a flow mapping, did not find expected ',' or '}'
             --> ops.yaml:4:5
              |
            4 | spec: {}
              |     ^

            error[unknown-reference]: no team is called `nobody`
             --> ops.yaml:9:16
              |
            9 | spec: { owner: nobody }
              |                ^^^^^^

        "#]],
    );
}

#[test]
fn tabs_and_duplicate_keys() {
    check(
        "groups:\n\t- name: x\n",
        expect![[r#"
            error[yaml]: broken YAML: tabs disallowed within this context (block indentation)
             --> ops.yaml:2:2
              |
            2 |     - name: x
              |     ^
              |
              = help: indent with spaces: YAML has no tabs there

        "#]],
    );
    check(
        "groups: []\ngroups: []\n",
        expect![[r#"
        error[duplicate-key]: `groups` is here twice
         --> ops.yaml:2:1
          |
        1 | groups: []
          | ------ first here
        2 | groups: []
          | ^^^^^^
          |
          = help: keep one of them

    "#]],
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let previous = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![previous; 10].join(", ")));
    }
    let (_, found) = crate::load(&[super::file("bomb.yaml", &bomb)]);
    expect!["this document is too large: more than 200000 values"].assert_eq(&found[0].message);
    assert_eq!(found.len(), 1);
}

/// What stands before the first `---` belongs to the document that it begins.
#[test]
fn directives_begin_a_document() {
    let object =
        "apiVersion: andon/v1\nkind: Person\nmetadata: { name: ana }\nspec: { contact: { email: a@b.c } }\n";
    for begin in ["%YAML 1.2\n---\n", "# kept by hand\n%YAML 1.2\n\n---\n", "---\n"] {
        let broken = format!("{begin}{object}---\n- [\n");
        let found = crate::load(&[super::file("a.yaml", &broken)]).1;
        let lines: Vec<_> = found.iter().map(|found| (found.code.as_str(), found.line)).collect();
        let plain = crate::load(&[super::file("a.yaml", object)]).1.len();
        assert_eq!(lines.len(), plain + 1, "{begin:?}: {lines:?}");
        assert!(lines.iter().any(|(code, _)| *code == "yaml"), "{begin:?}: {lines:?}");
    }
}

#[test]
fn depth_is_bounded() {
    let (_, found) = crate::load(&[super::file("deep.yaml", &"[".repeat(10_000))]);
    assert_eq!(found.len(), 1, "{found:?}");
    expect!["broken YAML: recursion limit exceeded"].assert_eq(&found[0].message);
}

#[test]
fn what_is_not_read() {
    check(
        "hello: world\n",
        expect![[r#"
        error[no-kind]: this is no definition: it has no `kind`
         --> ops.yaml:1:1
          |
        1 | hello: world
          | ^
          |
          = help: begin with `apiVersion: andon/v1` and `kind:`, or `groups:` for Prometheus rules

    "#]],
    );
    check("scrape_configs: []\n", expect![""]);
    check(
        "apiVersion: openslo/v1\nkind: SLO\n",
        expect![[r#"
        error[not-yet]: not yet: reading `openslo/v1` definitions
         --> ops.yaml:1:13
          |
        1 | apiVersion: openslo/v1
          |             ^^^^^^^^^^

    "#]],
    );
    check(
        "apiVersion: andon/v1\nkind: Servce\nmetadata: { name: x }\nspec: {}\n",
        expect![[r#"
        error[unknown-kind]: no kind is called `Servce`
         --> ops.yaml:2:7
          |
        2 | kind: Servce
          |       ^^^^^^
          |
          = help: did you mean `Service`?

    "#]],
    );
    check(
        "apiVersion: andon/v1\nkind: Rollout\n",
        expect![[r#"
        error[not-yet]: not yet: the kind `Rollout`
         --> ops.yaml:2:7
          |
        2 | kind: Rollout
          |       ^^^^^^^

    "#]],
    );
}

#[test]
fn the_envelope() {
    check(
        "apiVersion: andon/v2\nkind: Team\nmetadata: { nam: x }\nspek: {}\n",
        expect![[r#"
            error[missing-key]: `spec` is missing
             --> ops.yaml:1:1
              |
            1 | apiVersion: andon/v2
              | ^^^^^^^^^^
              |
              = help: `spec`: People, their contact points, on-call rotations, and what happens when nobody answers

            error[wrong-value]: `andon/v2` is not known here
             --> ops.yaml:1:13
              |
            1 | apiVersion: andon/v2
              |             ^^^^^^^^
              |
              = help: did you mean `andon/v1`?

            error[missing-key]: `name` is missing
             --> ops.yaml:3:13
              |
            3 | metadata: { nam: x }
              |             ^^^

            error[unknown-key]: unknown key `nam`
             --> ops.yaml:3:13
              |
            3 | metadata: { nam: x }
              |             ^^^
              |
              = help: did you mean `name`?

            error[unknown-key]: unknown key `spek`
             --> ops.yaml:4:1
              |
            4 | spek: {}
              | ^^^^
              |
              = help: did you mean `spec`?

        "#]],
    );
    check(
        "apiVersion: andon/v1\nkind: Team\nmetadata: { name: ../x }\nspec:\n",
        expect![[r#"
            error[wrong-value]: `../x` is not a name: small letters, digits, - and ., at most 63, a letter or digit first
             --> ops.yaml:3:19
              |
            3 | metadata: { name: ../x }
              |                   ^^^^

            error[no-value]: this key has no value
             --> ops.yaml:4:1
              |
            4 | spec:
              | ^^^^
              |
              = help: expected a mapping; leave the key out where the default is meant

        "#]],
    );
}

#[test]
fn hostile_bytes_do_not_panic() {
    for text in [
        "\u{0}",
        "\u{feff}kind: Team",
        "---\n---\n",
        "kind: [",
        "- ",
        "? x",
        "a: !!binary x",
        "kind: &a *a",
        "%YAML 3.0\n---\nx: y",
    ] {
        let files = [super::file("x.yaml", text)];
        let (_, found) = crate::load(&files);
        crate::render(&found, &files, true);
    }
}

/// Damage anywhere in the example, with pieces that parsers dislike: findings, never a panic.
#[test]
fn damage_gives_findings() {
    let pieces = [
        "", "{", "}", "[", "'", "\"", ":", "\n", "\t", "- ", "&a ", "*a", "${{", "}}", "é", "|", ">", "#",
        "---\n",
    ];
    arbtest::arbtest(|u| {
        let mut text = super::SHOP.to_owned();
        for _ in 0..u.int_in_range(1..=3)? {
            let from = u.int_in_range(0..=text.len())?;
            let to = (from + u.int_in_range(0..=12)?).min(text.len());
            if text.is_char_boundary(from) && text.is_char_boundary(to) {
                text.replace_range(from..to, u.choose(&pieces)?);
            }
        }
        let files = [super::file("ops.yaml", &text)];
        let (_, found) = crate::load(&files);
        crate::render(&found, &files, false);
        Ok(())
    })
    .budget_ms(1_500);
}

#[test]
fn a_rule_group_is_known_by_its_file_and_its_name() {
    let rules = r#"
== a.yml
groups:
  - name: node
    rules: [ { alert: Down, expr: up < 1 }, { alert: Full, expr: disk > 1 } ]
== b/rules.yml
groups:
  - name: node
    rules: [ { alert: Down, expr: up < 2 }, { alert: Down, expr: up < 0 } ]
== object.yaml
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: shop, namespace: prod }
spec: { groups: [ { name: node, rules: [ { alert: Hot, expr: heat > 1 } ] } ] }
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: cart }
spec: { groups: [ { name: node, rules: [ { alert: Cold, expr: heat < 1 } ] } ] }
"#;
    let (catalog, findings) = crate::load(&super::files(rules));
    assert_eq!(findings, []);
    let names: Vec<String> =
        catalog.rules.iter().flat_map(crate::RuleGroup::named).map(|(name, _)| name).collect();
    let expected = [
        "node/Down",
        "node/Full",
        "b/rules.yml;node/Down",
        "b/rules.yml;node/Down#2",
        "prod/shop;node/Hot",
        "cart;node/Cold",
    ];
    assert_eq!(names, expected);
    for name in names {
        let (group, rule) = catalog.alerting_rule(&name).expect("found by its name");
        assert_eq!((&*group.name, name.contains(&rule.alert)), ("node", true), "{name}");
    }
    let second = catalog.alerting_rule("b/rules.yml;node/Down#2").expect("the second of its name");
    assert_eq!(&*second.1.expr, "up < 0");
    let place = catalog.locate(&second.0.definition(), "/rules/0").expect("it is written down");
    assert_eq!(place.to_string(), "b/rules.yml:3");
}

#[test]
fn a_file_has_one_group_of_a_name() {
    check(
        "groups:\n  - { name: node, rules: [] }\n  - { name: node, rules: [] }\n",
        expect![[r#"
            error[duplicate]: two definitions are called RuleGroup `node`
             --> ops.yaml:3:13
              |
            2 |   - { name: node, rules: [] }
              |             ---- first here
            3 |   - { name: node, rules: [] }
              |             ^^^^
              |
              = help: rename one of them

        "#]],
    );
}
