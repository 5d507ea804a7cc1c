//! Policies in the real binary: what a build without Cedar says of them, and what one with it does by them.

use super::program::{INSTANCE, TEAM, andon, text};
use crate::real::Home;

const BRAKE: &str = r#"
apiVersion: andon/v1
kind: Policy
metadata: { name: brake }
spec:
  cedar: |
    forbid(principal, action == Action::"run", resource is Automation);
"#;

fn home(policy: &str) -> Home {
    let files = [("instance.yaml", INSTANCE), ("team.yaml", TEAM), ("policy.yaml", policy)];
    Home::new(files.map(|(path, text)| (path, text.to_owned())))
}

#[cfg(not(feature = "cedar"))]
#[test]
fn without_cedar_a_policy_is_an_error_and_nothing_starts() {
    let home = home(BRAKE);
    let nowhere = ([127, 0, 0, 1], 1).into();
    let ops = home.ops();
    for command in ["check", "serve"] {
        let output = andon(&home, nowhere, &[command]).arg(&ops).output().expect("it runs");
        assert!(!output.status.success(), "{command}");
        assert!(text(&output).contains("--features cedar"), "{command}: {}", text(&output));
    }
}

#[cfg(feature = "cedar")]
mod obeyed {
    use std::time::Duration;

    use super::*;
    use crate::identity::program::{sign_in, well};
    use crate::identity::serving::Serving;
    use crate::identity::site::PASSWORD;
    use crate::real;

    #[test]
    fn a_policy_forbids_even_an_admin_until_its_file_changes() {
        let home = home(BRAKE);
        let checked = well(home.andon().arg("check").arg(home.ops()));
        assert!(checked.contains("1 policy"), "{checked}");
        let mut server = Serving::of(&home);
        server.first_admin();
        let address = server.address;
        assert!(sign_in(&home, address, PASSWORD).status.success());
        let halt =
            || andon(&home, address, &["halt", "--reason", "the house burns"]).output().expect("it runs");
        let halted = halt();
        assert!(!halted.status.success(), "{}", text(&halted));
        assert!(text(&halted).contains("policy brake forbids it"), "{}", text(&halted));
        // Broken glass is a role at most, and a policy that forbids outdoes every role.
        well(&mut andon(&home, address, &["glass", "break", "the house burns"]));
        assert!(text(&halt()).contains("policy brake forbids it"));

        // What cannot be read changes nothing that is in force.
        let file = home.ops().join("policy.yaml");
        std::fs::write(&file, BRAKE.replace("Automation", "Automaton")).expect("it is written");
        let is_told = || {
            let status = text(&andon(&home, address, &["status"]).output().expect("it runs"));
            status.contains("did you mean").then_some(()).or(status.contains("Automaton").then_some(()))
        };
        real::wait("the finding", Duration::from_secs(20), is_told);
        assert!(text(&halt()).contains("policy brake forbids it"));

        // Whoever can write the files needs nobody's leave.
        std::fs::write(&file, BRAKE.replace(";", " unless { principal.glass };")).expect("it is written");
        let is_halted = || halt().status.success().then_some(());
        real::wait("the halt", Duration::from_secs(20), is_halted);
    }

    #[test]
    fn a_policy_permits_what_no_role_does_and_no_more_than_a_tokens_scopes() {
        let permit = BRAKE
            .replace("forbid(principal", "permit(principal == User::\"kim\"")
            .replace("resource is Automation", "resource");
        let home = home(&permit);
        let mut server = Serving::of(&home);
        server.first_admin();
        let address = server.address;
        assert!(sign_in(&home, address, PASSWORD).status.success());
        let invited = well(&mut andon(&home, address, &["user", "invite", "kim", "--grant", "viewer"]));
        let (_, link) = invited.split_once("/welcome?link=").expect("a link");
        server.accept(link.trim(), "kim");
        let halt_with = |scope: &str| {
            let issue = ["token", "issue", "--owner", "kim", "--scope", scope];
            let token = well(&mut andon(&home, address, &issue));
            let mut halt = andon(&home, address, &["halt", "--reason", "the house burns"]);
            halt.env("ANDON_TOKEN", token.trim()).output().expect("it runs")
        };
        let refused = halt_with("view");
        assert!(text(&refused).contains("scopes do not have `run`"), "{}", text(&refused));
        let halted = halt_with("run");
        assert!(halted.status.success(), "{}", text(&halted));
    }
}
