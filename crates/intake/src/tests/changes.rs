//! Changes that others tell of.

use expect_test::expect;

use super::check_one;
use crate::{Item, forge, pagerduty};

#[test]
fn of_pagerduty() {
    let read = |body: &[u8]| pagerduty::ChangeEvent::read(body).map(|event| Item::Change(event.change));
    let body = br#"{"routing_key": "k", "payload": {"summary": "checkout v42 is out", "source": "ci",
      "timestamp": "2026-11-23T08:59:00Z", "custom_details": {"service": "checkout", "build_number": 42}},
      "links": [{"href": "https://ci.example/42", "text": "the build"}]}"#;
    check_one(
        read(body),
        expect![[r#"
        Change { service: Some("checkout"), version: "42", summary: "checkout v42 is out", link: Some("https://ci.example/42") }
    "#]],
    );
    check_one(
        read(b"{}"),
        expect![[r#"
        refused: 'routing_key' is missing or blank; 'payload.summary' is missing or blank
    "#]],
    );
    check_one(
        read(br#"{"routing_key": "k"}"#),
        expect![[r#"
        refused: 'payload.summary' is missing or blank
    "#]],
    );
}

#[test]
fn of_github() {
    let deployment = |state: &str| {
        format!(
            r#"{{"deployment_status": {{"state": "{state}", "log_url": "https://ci.example/1"}},
            "deployment": {{"sha": "0123456789abcdef0123456789abcdef01234567", "ref": "main",
              "environment": "production"}},
            "repository": {{"name": "checkout", "html_url": "https://git.example/checkout"}}}}"#
        )
    };
    check_one(
        forge::github("deployment_status", deployment("success").as_bytes()),
        expect![[r#"
        Change { service: Some("checkout"), version: "0123456789ab", summary: "main deployed to production", link: Some("https://ci.example/1") }
    "#]],
    );
    check_one(
        forge::github("deployment_status", deployment("failure").as_bytes()),
        expect![[r#"
        nothing: the deployment is "failure", and a change is one that succeeded
    "#]],
    );
    let run = br#"{"workflow_run": {"name": "deploy", "conclusion": "success", "head_branch": "main",
      "head_sha": "0123456789abcdef0123456789abcdef01234567", "html_url": "https://git.example/runs/1"},
      "repository": {"name": "checkout"}}"#;
    check_one(
        forge::github("workflow_run", run),
        expect![[r#"
        Change { service: Some("checkout"), version: "0123456789ab", summary: "workflow deploy on main", link: Some("https://git.example/runs/1") }
    "#]],
    );
    let push = |branch: &str| {
        format!(
            r#"{{"ref": "refs/heads/{branch}", "after": "0123456789abcdef0123456789abcdef01234567",
            "head_commit": {{"message": "fix the pool"}}, "compare": "https://git.example/compare/1",
            "repository": {{"name": "checkout", "default_branch": "main"}}}}"#
        )
    };
    check_one(
        forge::github("push", push("main").as_bytes()),
        expect![[r#"
        Change { service: Some("checkout"), version: "0123456789ab", summary: "fix the pool", link: Some("https://git.example/compare/1") }
    "#]],
    );
    check_one(
        forge::github("push", push("try").as_bytes()),
        expect![[r#"
        nothing: a push to another than the default branch
    "#]],
    );
    check_one(
        forge::github("ping", b"{}"),
        expect![[r#"
        nothing: "ping" changes nothing yet
    "#]],
    );
    check_one(
        forge::github("star", b"{}"),
        expect![[r#"
        refused: the event "star" is not taken: deployment_status, workflow_run and push are
    "#]],
    );
}

#[test]
fn of_gitlab() {
    let deployment = br#"{"object_kind": "deployment", "status": "success", "short_sha": "0123456789ab",
      "environment": "production", "commit_title": "fix the pool", "deployable_url": "https://git.example/-/jobs/1",
      "project": {"name": "checkout"}}"#;
    check_one(
        forge::gitlab(deployment),
        expect![[r#"
        Change { service: Some("checkout"), version: "0123456789ab", summary: "fix the pool deployed to production", link: Some("https://git.example/-/jobs/1") }
    "#]],
    );
    let pipeline = br#"{"object_kind": "pipeline", "object_attributes": {"status": "failed", "ref": "main"},
      "project": {"name": "checkout"}}"#;
    check_one(
        forge::gitlab(pipeline),
        expect![[r#"
        nothing: the pipeline has not succeeded
    "#]],
    );
    let push = br#"{"object_kind": "push", "ref": "refs/heads/main",
      "after": "0123456789abcdef0123456789abcdef01234567",
      "commits": [{"title": "fix the pool", "url": "https://git.example/-/commit/1"}],
      "project": {"name": "checkout", "default_branch": "main"}}"#;
    check_one(
        forge::gitlab(push),
        expect![[r#"
        Change { service: Some("checkout"), version: "0123456789ab", summary: "fix the pool", link: Some("https://git.example/-/commit/1") }
    "#]],
    );
    check_one(
        forge::gitlab(br#"{"object_kind": "note"}"#),
        expect![[r#"
        refused: "note" is not taken: deployment, pipeline and push are
    "#]],
    );
}
