//! Policies: what each build says of a file.

use super::*;

const CORE: &str = r#"
apiVersion: andon/v1
kind: Policy
metadata: { name: core-helps }
spec:
  cedar: |
    // Whoever keeps the platform may run what is anybody's.
    permit(principal in Team::"core", action == Action::"run", resource);
    @id("freeze")
    forbid(principal, action == Action::"deploy", resource == Service::"checkout");
"#;

#[test]
#[cfg(not(feature = "cedar"))]
fn an_andon_without_cedar_refuses_a_policy() {
    check(
        CORE,
        expect![[r#"
            error[without-cedar]: this andon was built without Cedar, so it cannot obey policies
             --> ops.yaml:6:5
              |
            6 | /     // Whoever keeps the platform may run what is anybody's.
            7 | |     permit(principal in Team::"core", action == Action::"run", resource);
            8 | |     @id("freeze")
            9 | |     forbid(principal, action == Action::"deploy", resource == Service::"checkout");
              | |___________________________________________________________________________________^
              |
              = help: build it with `cargo build --release --features cedar`, or take the file away and with it what it forbids

        "#]],
    );
}

#[test]
#[cfg(feature = "cedar")]
fn a_policy_is_read() {
    let (catalog, found) = load(&[file("ops.yaml", CORE)]);
    assert_eq!(found, []);
    assert_eq!(catalog.policies.len(), 2);
}

#[test]
#[cfg(feature = "cedar")]
fn a_slip_is_shown_in_its_line() {
    check(
        &CORE.replace("Action::\"deploy\"", "Action::\"deplay\"").replace("in Team", "in Taem"),
        expect![[r#"
            error[cedar]: Cedar: unrecognized entity type `Taem`
             --> ops.yaml:7:25
              |
            7 |     permit(principal in Taem::"core", action == Action::"run", resource);
              |                         ^^^^
              |
              = help: did you mean `Team`?

            error[cedar]: Cedar: unrecognized action `Action::"deplay"`
             --> ops.yaml:9:33
              |
            9 |     forbid(principal, action == Action::"deplay", resource == Service::"checkout");
              |                                 ^^^^^^^^^^^^^^^^
              |
              = help: did you mean `Action::"deploy"`?

        "#]],
    );
    check(
        &CORE.replace("resource);", "resource;"),
        expect![[r#"
        error[cedar]: Cedar: unexpected token `;`
         --> ops.yaml:7:72
          |
        7 |     permit(principal in Team::"core", action == Action::"run", resource;
          |                                                                        ^
          |
          = help: expected `!=`, `)`, `,`, `:`, `<`, `<=`, `==`, `>`, `>=`, `in`, or `is`

    "#]],
    );
}

#[test]
#[cfg(feature = "cedar")]
fn two_policies_of_one_name_are_an_error() {
    let twice = format!("{CORE}---{CORE}");
    check(
        &twice,
        expect![[r#"
        error[duplicate]: two definitions are called Policy `core-helps`
          --> ops.yaml:13:19
           |
         3 | metadata: { name: core-helps }
           |                   ---------- first here
        ...
        13 | metadata: { name: core-helps }
           |                   ^^^^^^^^^^
           |
           = help: rename one of them

    "#]],
    );
}

#[test]
#[cfg(feature = "cedar")]
fn what_the_documentation_shows_is_well() {
    let page = include_str!("../../../../docs/identity.md");
    let blocks = page.split("```yaml\n").filter_map(|rest| rest.split("```").next());
    let policy = blocks.filter(|block| block.contains("kind: Policy")).collect::<String>();
    let (catalog, found) = load(&[file("policy.yaml", &policy)]);
    assert_eq!(found, []);
    assert_eq!(catalog.policies.len(), 4);
}
