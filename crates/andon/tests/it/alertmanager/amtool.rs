//! `amtool`, unchanged.

use std::process::Command;

use serde_json::Value;

use super::home;
use crate::house::may_skip;
use crate::prometheus_api::binary;
use crate::real::Pager;

#[test]
fn amtool_does_what_it_does_with_an_alertmanager() {
    let Some(amtool) = binary("AMTOOL", "amtool") else {
        assert!(may_skip("there is no amtool"));
        return;
    };
    let pager = Pager::start();
    let home = home(&pager);
    let server = home.start();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let file = home.ops().join("alertmanager.yml").display().to_string();
    // At either address.
    for prefix in ["", "/alertmanager"] {
        let url = format!("--alertmanager.url=http://{}{prefix}", server.address);
        let run = |args: &[&str]| {
            let mut command = Command::new(&amtool);
            // No settings of whoever runs this.
            command.arg(&url).args(args).current_dir(scratch.path()).env("HOME", scratch.path());
            let output = command.output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let complained = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "amtool {args:?}: {said}{complained}");
            said
        };
        let json = |args: &[&str]| -> Value {
            serde_json::from_str(&run(&[&["--output=json"], args].concat())).expect("JSON")
        };

        let name = if prefix.is_empty() { "Down" } else { "Below" };
        let labelled = format!("alertname={name}");
        run(&["alert", "add", &labelled, "team=db", "--annotation=summary=the <hall> is dark"]);
        let alerts = json(&["alert", "query", &labelled]);
        assert_eq!(alerts[0]["annotations"]["summary"], "the <hall> is dark");
        assert_eq!(alerts[0]["status"]["state"], "active");
        assert_eq!(alerts[0]["receivers"], serde_json::json!([{ "name": "db" }, { "name": "all" }]));
        assert!(run(&["alert", "query", "--receiver=d.*", &labelled]).contains(name));
        assert!(!run(&["alert", "query", "--receiver=default", &labelled]).contains(name));

        let add = ["silence", "add", &labelled, "--comment=we know", "--author=ana", "--duration=1h"];
        let id = run(&add).trim().to_owned();
        let silences = json(&["silence", "query", &labelled]);
        assert_eq!(
            (&silences[0]["id"], &silences[0]["createdBy"]),
            (&Value::from(id.clone()), &"ana".into())
        );
        assert!(!run(&["alert", "query", &labelled]).contains(name), "it is silenced");
        assert_eq!(
            json(&["alert", "query", "--silenced", &labelled])[0]["status"]["silencedBy"][0],
            id.as_str()
        );
        let updated = run(&["--output=json", "silence", "update", "--duration=2h", &id]);
        assert!(updated.contains(&id), "the same silence, longer: {updated}");
        let exported = scratch.path().join("silences.json");
        std::fs::write(&exported, run(&["--output=json", "silence", "query", &labelled])).expect("a file");

        run(&["silence", "expire", &id]);
        assert!(run(&["alert", "query", &labelled]).contains(name), "it is told of again");
        assert!(run(&["silence", "query", "--expired", "--quiet"]).contains(&id));
        let imported = run(&["silence", "import", "--force", &exported.display().to_string()]);
        assert!(!imported.contains(&id) && imported.trim().len() == id.len(), "under another id: {imported}");
        assert!(!run(&["alert", "query", &labelled]).contains(name), "it is silenced again");

        assert_eq!(run(&["config", "routes", "test", "team=db"]).trim(), "db,all");
        assert!(run(&["config", "routes"]).contains("default-route"));
        assert!(run(&["config", "show"]).contains("receiver: \"default\""));
        assert!(run(&["cluster", "show"]).contains("disabled"));
        assert!(run(&["check-config", &file]).contains("SUCCESS"));
    }
}
