//! Definitions that break under a running server, and labels that want to be commands.

use super::{PATIENCE, events};
use crate::real::{Home, Pager, Target, wait};

#[test]
fn broken_definitions_change_nothing_and_are_a_finding_until_they_are_mended() {
    let (pager, target) = (Pager::start(), Target::exposing("shop_broken 0\n"));
    let files =
        pager.files("").into_iter().chain([Target::service(target.address(), "100ms"), super::rules()]);
    let home = Home::new(files);
    let server = home.start();
    let status = || server.get("/api/v1/andon/status").expect("an answer");
    let in_force = status()["definitions"].clone();

    home.write("rules.yaml", &super::RULES.replace("> 0", "> > 0"));
    let finding = wait("a finding", PATIENCE, || status()["findings"][0].as_str().map(str::to_owned));
    assert!(finding.starts_with("rules.yaml:1:"), "{finding}");
    assert_eq!(status()["definitions"], in_force);
    target.expose("shop_broken 1\n");
    wait("a page by the old rule", PATIENCE, || pager.pages().pop());

    home.write("rules.yaml", super::RULES);
    wait("no finding", PATIENCE, || status()["findings"][0].is_null().then_some(()));
}

const RUNBOOK: &str = "apiVersion: andon/v1
kind: Runbook
metadata: { name: restart-job }
spec:
  doc: Restart the job that the alert names.
  owner: team:shop
  on: { alert: { match: { alertname: ShopBroken } } }
  trust: { start: auto, ceiling: auto }
  inputs:
    job: { type: string, from: alert.labels.broken_job, pattern: '[a-z-]+' }
  steps:
    - id: restart
      uses: process
      with: { argv: [touch, '${{ inputs.job }}'] }
      repeat: harmless
      verify: { query: max(shop_broken), below: 1, within: 5s }
      irreversible: a file stays
";

#[test]
fn a_label_that_wants_to_be_a_command_starts_nothing_and_a_person_is_told() {
    let exposed = r#"shop_broken{broken_job="x\"; touch 'owned'\n$(touch owned)"} 1"#;
    let (pager, target) = (Pager::start(), Target::exposing(&format!("{exposed}\n")));
    let files = pager.files("").into_iter().chain([
        Target::service(target.address(), "100ms"),
        super::rules(),
        ("runbook.yaml", RUNBOOK.to_owned()),
    ]);
    let home = Home::new(files);
    let before = std::fs::read_dir(home.ops()).expect("a directory").count();
    let server = home.start();
    let refused = wait("a refusal", PATIENCE, || events(&server, "run_refused@1").pop());
    assert_eq!(refused["runbook"], "restart-job", "{refused}");
    assert_eq!(refused["why"]["bad_input"]["input"], "job", "{refused}");

    let told = || {
        let told = |call: &crate::real::Call| {
            call.delivery["subject"]
                .as_str()
                .is_some_and(|said| said.contains("restart-job could not be launched"))
        };
        pager.calls().into_iter().find(told)
    };
    wait("a page that says so", PATIENCE, told);
    assert!(events(&server, "run_started@1").is_empty());
    assert_eq!(std::fs::read_dir(home.ops()).expect("a directory").count(), before);
}
