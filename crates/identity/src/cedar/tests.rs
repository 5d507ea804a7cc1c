use andon_vocabulary::{Name, Timestamp};

use super::*;
use crate::{Thing, User, authorize};

fn policies(texts: &[(&str, &str)]) -> Policies {
    let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Policies::read(&texts.collect()).expect("they are well")
}

fn somebody(grants: &[&str], teams: &[&str]) -> Principal {
    let grants = grants.iter().map(|grant| grant.parse().expect("a grant")).collect();
    let user = User::new("ana".into(), grants, Timestamp::from_ms(0));
    Principal::of(&user, teams.iter().copied(), crate::How::Session)
}

fn incident(team: Option<&str>) -> Resource {
    let incident = Resource::one(Thing::Incident, "INC-7").of(team.map(Name::from));
    incident.part_of(Thing::Service, Some("checkout".into()))
}

fn run_of(runbook: &str) -> Resource {
    Resource::one(Thing::Run, "RUN-3").of(Some("shop".into())).part_of(Thing::Runbook, Some(runbook.into()))
}

#[track_caller]
fn check(who: &Principal, permission: Permission, resource: &Resource, policies: &Policies, expect: &str) {
    assert_eq!(authorize(who, permission, resource, policies).to_string(), expect);
}

#[track_caller]
fn flawed(text: &str) -> Vec<String> {
    let found = flaws(text);
    assert!(!found.is_empty(), "{text}");
    let show = |flaw: PolicyFlaw| {
        let at = flaw.range.and_then(|range| text.get(range)).unwrap_or("");
        format!("{at} | {} | {}", flaw.message, flaw.hint.unwrap_or_default())
    };
    found.into_iter().map(show).collect()
}

#[test]
fn a_policy_permits_what_no_role_does() {
    let core = r#"permit(principal in Team::"core", action == Action::"run", resource in Team::"shop");"#;
    let policies = policies(&[("core-helps-shop", core)]);
    assert_eq!(policies.len(), 1);
    let (who, permission) = (somebody(&[], &["core"]), Permission::Run);
    let of = |team: &str| Resource::one(Thing::Runbook, "restart").of(Some(team.into()));
    check(&who, permission, &of("shop"), &policies, "policy core-helps-shop permits it");
    check(&who, permission, &of("core"), &policies, "ana is responder of team core");
    let denied = "no role of ana allows `run` on runbook restart of team data";
    check(&who, permission, &of("data"), &policies, denied);
    let denied = "no role of ana allows `approve` on run RUN-3 of team shop";
    check(&who, Permission::Approve, &run_of("restart"), &policies, denied);
}

#[test]
fn what_is_forbidden_is_forbidden_to_every_role_and_behind_broken_glass() {
    let permit = "permit(principal, action, resource);";
    let freeze = r#"forbid(principal, action == Action::"deploy", resource == Service::"checkout");"#;
    let policies = policies(&[("anything", permit), ("freeze", freeze)]);
    let mut admin = somebody(&["admin"], &[]);
    admin.glass = Some(Timestamp::from_ms(1));
    let deploy = |service: &str| Resource::one(Thing::Service, service).of(Some("shop".into()));
    check(&admin, Permission::Deploy, &deploy("checkout"), &policies, "policy freeze forbids it");
    check(&admin, Permission::Deploy, &deploy("search"), &policies, "ana is admin");
    check(
        &somebody(&[], &[]),
        Permission::Deploy,
        &deploy("search"),
        &policies,
        "policy anything permits it",
    );
}

#[test]
fn a_policy_may_yield_to_broken_glass() {
    let text = r#"forbid(principal, action == Action::"approve", resource in Runbook::"failover")
        unless { principal in Role::"admin" || principal.glass };"#;
    let policies = policies(&[("failover", text)]);
    let mut who = somebody(&["responder"], &[]);
    let permission = Permission::Approve;
    check(&who, permission, &run_of("failover"), &policies, "policy failover forbids it");
    check(&who, permission, &run_of("restart"), &policies, "ana is responder");
    who.glass = Some(Timestamp::from_ms(0));
    check(&who, permission, &run_of("failover"), &policies, "ana is responder");
}

#[test]
fn a_token_is_its_owner_to_a_policy_and_never_more_than_its_scopes() {
    let permit = r#"permit(principal == User::"ana", action, resource);"#;
    let forbid = r#"forbid(principal, action == Action::"run", resource) when { principal.by == "token" };"#;
    let policies = policies(&[("ana", permit), ("by-hand", forbid)]);
    let mut who = somebody(&[], &[]);
    check(&who, Permission::Run, &run_of("restart"), &policies, "policy ana permits it");
    who.how = crate::How::Token("5f0c".into());
    check(&who, Permission::Run, &run_of("restart"), &policies, "policy by-hand forbids it");
    check(&who, Permission::Acknowledge, &incident(None), &policies, "policy ana permits it");
    who.limited_to = Some([Permission::View].into());
    let denied = "this token's scopes do not have `acknowledge`";
    check(&who, Permission::Acknowledge, &incident(None), &policies, denied);
}

#[test]
fn what_is_nobodys_is_of_no_team() {
    let own = "forbid(principal, action == Action::\"acknowledge\", resource) unless { principal in resource.team };";
    let policies = policies(&[("own", own)]);
    let who = somebody(&["responder"], &["shop"]);
    let permission = Permission::Acknowledge;
    check(&who, permission, &incident(Some("shop")), &policies, "ana is responder");
    check(&who, permission, &incident(Some("core")), &policies, "policy own forbids it");
    check(&who, permission, &incident(None), &policies, "policy own forbids it");
}

#[test]
fn a_policy_that_fails_lets_nobody_through() {
    let text =
        r#"permit(principal, action == Action::"approve", resource) when { 9223372036854775807 + 1 > 0 };"#;
    let policies = policies(&[("broken", text)]);
    let who = somebody(&["admin"], &[]);
    let said = authorize(&who, Permission::Approve, &run_of("restart"), &policies).to_string();
    assert!(said.starts_with("policy broken fails, so nobody is let through where it counts: "), "{said}");
    assert!(said.contains("overflow"), "{said}");
    check(&who, Permission::Deploy, &Resource::one(Thing::Service, "x"), &policies, "ana is admin");
}

#[test]
fn several_policies_of_one_definition_are_told_apart() {
    let text = r#"
        permit(principal, action == Action::"view", resource);
        @id("no-night")
        forbid(principal, action == Action::"approve", resource);
        forbid(principal, action == Action::"run", resource);"#;
    let policies = policies(&[("house", text)]);
    assert_eq!(policies.len(), 3);
    let who = somebody(&["admin"], &[]);
    check(&who, Permission::Approve, &run_of("x"), &policies, "policy house/no-night forbids it");
    check(&who, Permission::Run, &run_of("x"), &policies, "policy house/3 forbids it");
    check(
        &somebody(&[], &[]),
        Permission::View,
        &Resource::all(Thing::Andon),
        &policies,
        "policy house/1 permits it",
    );
}

/// Each kind of thing and each permission is one that a policy can speak of, and no other.
#[test]
fn the_schema_has_all_that_is_asked() {
    for thing in Thing::ALL {
        let text = format!("forbid(principal, action, resource is {});", thing.word());
        assert_eq!(flaws(&text), []);
    }
    for permission in Permission::ALL {
        let text = format!("forbid(principal, action == Action::\"{permission}\", resource);");
        assert_eq!(flaws(&text), []);
        assert!(
            policies(&[("all", &text)])
                .rule(&somebody(&[], &[]), permission, &Resource::all(Thing::Andon))
                .is_some()
        );
    }
    for role in crate::Role::ALL {
        assert_eq!(flaws(&format!("permit(principal in Role::\"{role}\", action, resource);")), []);
    }
}

#[test]
fn a_slip_is_found_at_its_place() {
    let shown = flawed("permit(principal, action == Action::\"aknowledge\", resource);").join("\n");
    assert!(shown.contains("Action::\"aknowledge\" | Cedar: ") && shown.contains("acknowledge"), "{shown}");
    let shown = flawed("permit(principal in Role::\"respnder\", action, resource);").join("\n");
    assert!(shown.contains("respnder"), "{shown}");
    let shown = flawed("permit(principal, action, resource is Servise);").join("\n");
    assert!(shown.contains("Servise | Cedar: ") && shown.contains("Service"), "{shown}");
    let shown = flawed("permit(principal, action, resource)\nwhen { resource.owner == \"x\" };").join("\n");
    assert!(shown.contains("resource.owner | "), "{shown}");
    let shown = flawed("permit(principal, action == Action::\"deploy\", resource is Runbook);").join("\n");
    assert!(shown.contains("Cedar: "), "{shown}");
    let shown = flawed("permit(principal, action, resource) when { 1 + };").join("\n");
    assert!(shown.starts_with("} | Cedar: unexpected token `}`"), "{shown}");
    let shown = flawed("permit(principal == ?principal, action, resource);").join("\n");
    assert!(shown.contains("filled in by nobody"), "{shown}");
    assert!(flawed("// nothing").join("\n").contains("no policy"));
    let twice =
        "@id(\"a\") permit(principal, action, resource); @id(\"a\") permit(principal, action, resource);";
    assert!(flawed(twice).join("\n").contains("two policies are called `a`"));
}

#[test]
fn too_much_is_refused_and_no_text_brings_it_down() {
    let long = format!("// {}\npermit(principal, action, resource);", "x".repeat(Policies::TEXT_BYTES_MAX));
    assert!(flawed(&long).join("\n").contains("bytes of policies"));
    let many = "permit(principal, action, resource);".repeat(Policies::MAX + 1);
    let (name, flaw) = Policies::read(&[("many".to_owned(), many)].into()).expect_err("too many");
    assert_eq!((name.as_str(), flaw.message.as_str()), ("many", "too many policies: more than 1000"));
    let long_ones = [
        ("(", "true", ")"),
        ("[", "1", "]"),
        ("{a:", "1", "}"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("if true then ", "true", " else true"),
        ("if true then true else ", "true", ""),
        ("true && ", "true", ""),
        ("true || ", "true", ""),
        ("1 + ", "1", ""),
        ("", "principal", ".glass"),
        ("", "principal", "[\"glass\"]"),
        ("principal in ", "principal", ""),
        ("\"\\\"\" == ", "1", ""),
        ("", "principal is User", " in Team::\"x\""),
    ];
    for (open, middle, close) in long_ones {
        for times in [30, 127, 256, 500, 4_000] {
            let deep = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
            let text = format!("forbid(principal, action, resource) when {{ {deep} }};");
            let found = flaws(&text);
            if times == 4_000 {
                assert!(!found.is_empty(), "{open}{middle}{close} {times} times");
            } else if found.is_empty() {
                let policies = policies(&[("deep", &text)]);
                let _ = policies.rule(&somebody(&[], &[]), Permission::Run, &run_of("x"));
            }
        }
    }
}
