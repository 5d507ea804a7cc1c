//! What GitHub and GitLab say of deployments, workflows and pushes: changes.

use crate::fields::{self, Fields};
use crate::item::{Change, Item, Refused};
use crate::limits::cut;

const SUMMARY_BYTES_MAX: usize = 1024;

/// A webhook of GitHub; `event` is its `X-GitHub-Event`.
pub fn github(event: &str, body: &[u8]) -> Result<Item, Refused> {
    let payload = fields::object(body)?;
    let payload = Fields(&payload);
    let repository = payload.of("repository");
    let of = |version: Option<String>, summary: String, link: Option<String>| {
        change(repository.owned("name"), version, summary, link)
    };
    match event {
        "deployment_status" => {
            let (status, deployment) = (payload.of("deployment_status"), payload.of("deployment"));
            let state = status.text("state").unwrap_or_default();
            if state != "success" {
                return Ok(nothing(format!(
                    "the deployment is {state:?}, and a change is one that succeeded"
                )));
            }
            let summary = format!(
                "{} deployed to {}",
                deployment.text("ref").unwrap_or_default(),
                deployment.text("environment").unwrap_or_default(),
            );
            let link =
                status.owned("log_url").or(status.owned("target_url")).or(repository.owned("html_url"));
            of(deployment.owned("sha"), summary, link)
        }
        "workflow_run" => {
            let run = payload.of("workflow_run");
            if run.text("conclusion").as_deref() != Some("success") {
                return Ok(nothing("the workflow has not succeeded".to_owned()));
            }
            let summary = format!(
                "workflow {} on {}",
                run.text("name").unwrap_or_default(),
                run.text("head_branch").unwrap_or_default(),
            );
            of(run.owned("head_sha"), summary, run.owned("html_url"))
        }
        "push" => {
            if payload.text("deleted").as_deref() == Some("true") {
                return Ok(nothing("a branch was deleted".to_owned()));
            }
            let summary = payload.of("head_commit").owned("message").unwrap_or_else(|| "a push".to_owned());
            pushed(payload, repository.text("default_branch").as_deref(), || {
                of(payload.owned("after"), summary, payload.owned("compare"))
            })
        }
        "ping" | "deployment" => Ok(nothing(format!("{event:?} changes nothing yet"))),
        _ => Err(Refused::new(format!(
            "the event {event:?} is not taken: deployment_status, workflow_run and push are"
        ))),
    }
}

/// A webhook of GitLab; its body says what kind it is.
pub fn gitlab(body: &[u8]) -> Result<Item, Refused> {
    let payload = fields::object(body)?;
    let payload = Fields(&payload);
    let project = payload.of("project");
    let of = |version: Option<String>, summary: String, link: Option<String>| {
        change(project.owned("name"), version, summary, link)
    };
    let kind = payload.text("object_kind").unwrap_or_default();
    match kind.as_ref() {
        "deployment" => {
            let status = payload.text("status").unwrap_or_default();
            if status != "success" {
                return Ok(nothing(format!(
                    "the deployment is {status:?}, and a change is one that succeeded"
                )));
            }
            let summary = format!(
                "{} deployed to {}",
                payload.text("commit_title").unwrap_or_default(),
                payload.text("environment").unwrap_or_default(),
            );
            of(payload.owned("short_sha"), summary, payload.owned("deployable_url"))
        }
        "pipeline" => {
            let pipeline = payload.of("object_attributes");
            if pipeline.text("status").as_deref() != Some("success") {
                return Ok(nothing("the pipeline has not succeeded".to_owned()));
            }
            let summary = format!("pipeline on {}", pipeline.text("ref").unwrap_or_default());
            of(pipeline.owned("sha"), summary, pipeline.owned("url"))
        }
        "push" => {
            let last = payload.list("commits").last().map(Fields);
            let summary =
                last.and_then(|commit| commit.owned("title")).unwrap_or_else(|| "a push".to_owned());
            let link = last.and_then(|commit| commit.owned("url")).or(project.owned("web_url"));
            pushed(payload, project.text("default_branch").as_deref(), || {
                of(payload.owned("after"), summary, link)
            })
        }
        _ => Err(Refused::new(format!("{kind:?} is not taken: deployment, pipeline and push are"))),
    }
}

/// Work on branches changes nothing that runs.
fn pushed(
    payload: Fields<'_>,
    default: Option<&str>,
    change: impl FnOnce() -> Result<Item, Refused>,
) -> Result<Item, Refused> {
    let branch = payload.text("ref").unwrap_or_default();
    let branch = branch.strip_prefix("refs/heads/").unwrap_or_default();
    if default == Some(branch) {
        change()
    } else {
        Ok(nothing("a push to another than the default branch".to_owned()))
    }
}

fn change(
    service: Option<String>,
    version: Option<String>,
    mut summary: String,
    link: Option<String>,
) -> Result<Item, Refused> {
    let Some(version) = version else { return Err(Refused::new("it names no commit")) };
    // As people write commits.
    let is_hash = version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let version = if is_hash { version[..12].to_owned() } else { version };
    cut(&mut summary, SUMMARY_BYTES_MAX);
    Ok(Item::Change(Change { service, version, summary, link }))
}

fn nothing(why: String) -> Item {
    Item::Nothing { why }
}
