//! The real binary: a first admin by the link of the terminal, the command line by a token, and kill -9.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use super::serving::Serving;
use super::site::PASSWORD;
use crate::real::Home;

pub(super) const INSTANCE: &str =
    "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec: { identity: {} }\n";
pub(super) const TEAM: &str = "apiVersion: andon/v1\nkind: Team\nmetadata: { name: shop }\nspec:\n  people:\n    ana: { timezone: UTC, contact: [{ channel: web }] }\n";

/// The command line of somebody with a home of their own.
pub(super) fn andon(home: &Home, server: SocketAddr, args: &[&str]) -> Command {
    let mut command = home.andon();
    command.args(args).env("ANDON_SERVER", format!("http://{server}"));
    command.env("XDG_CONFIG_HOME", home.ops().join("../config")).env_remove("ANDON_TOKEN");
    command
}

pub(super) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

#[track_caller]
pub(super) fn well(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).expect("text")
}

pub(super) fn sign_in(home: &Home, server: SocketAddr, password: &str) -> Output {
    let mut child = andon(home, server, &["sign-in", "--handle", "ana"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    writeln!(child.stdin.take().expect("it is piped"), "{password}").expect("it listens");
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_whole_way_from_the_first_link_to_a_kill() {
    let home = Home::new([("instance.yaml", INSTANCE.to_owned()), ("team.yaml", TEAM.to_owned())]);
    let mut server = Serving::of(&home);
    assert!(server.get("/api/v1/andon/status", "").starts_with("HTTP/1.1 401"));
    assert!(server.get("/-/ready", "").starts_with("HTTP/1.1 200"));
    server.first_admin();
    let address = server.address;
    let unknown = andon(&home, address, &["status"]).output().expect("it runs");
    assert!(
        !unknown.status.success() && text(&unknown).contains("does not know who you are"),
        "{}",
        text(&unknown)
    );
    assert!(!sign_in(&home, address, "a wrong password").status.success());
    let signed_in = sign_in(&home, address, PASSWORD);
    assert!(signed_in.status.success(), "{}", text(&signed_in));
    well(&mut andon(&home, address, &["status"]));
    let invited = well(&mut andon(&home, address, &["user", "invite", "kim", "--grant", "viewer"]));
    assert!(invited.contains("/welcome?link="), "{invited}");
    let token = well(&mut andon(&home, address, &["token", "issue", "--scope", "view"]));
    // Another that nobody will use is taken back.
    well(&mut andon(&home, address, &["user", "invite", "lea"]));
    let open = well(&mut andon(&home, address, &["user", "invitations"]));
    let of_lea = open.lines().find(|line| line.contains("lea")).expect("it waits");
    let id = of_lea.split_whitespace().next().expect("an id").to_owned();
    let taken = well(&mut andon(&home, address, &["user", "uninvite", &id]));
    assert!(taken.contains("the link for lea opens nothing any more"), "{taken}");
    let again = andon(&home, address, &["user", "uninvite", &id]).output().expect("it runs");
    assert!(!again.status.success() && text(&again).contains("waits to be used"), "{}", text(&again));
    // Killed right after the answer: what was answered is there.
    server.kill();
    let server = Serving::of(&home);
    let address = server.address;
    let with =
        |token: &str, path: &str| server.get(path, &format!("authorization: Bearer {}\r\n", token.trim()));
    assert!(with(&token, "/api/v1/andon/status").starts_with("HTTP/1.1 200"));
    assert!(with(&token, "/api/v1/andon/users").starts_with("HTTP/1.1 403"), "its scope is `view`");
    let mut by_file = andon(&home, address, &["user", "list"]);
    let denied = by_file.env("ANDON_TOKEN", token.trim()).output().expect("it runs");
    assert!(text(&denied).contains("administer"), "{}", text(&denied));
    // The kept token is for the server at its old port alone.
    let elsewhere = andon(&home, address, &["status"]).output().expect("it runs");
    assert!(!elsewhere.status.success(), "{}", text(&elsewhere));
    assert!(sign_in(&home, address, PASSWORD).status.success());
    let open = well(&mut andon(&home, address, &["user", "invitations"]));
    assert!(open.contains("kim") && !open.contains("lea"), "{open}");
    let listed = well(&mut andon(&home, address, &["token", "list"]));
    let id = token.split('_').nth(1).expect("an id");
    assert!(listed.contains(id) && !listed.contains(token.trim()), "{listed}");
    well(&mut andon(&home, address, &["token", "revoke", id]));
    assert!(with(&token, "/api/v1/andon/status").starts_with("HTTP/1.1 401"));
    well(&mut andon(&home, address, &["sign-out"]));
    assert!(!andon(&home, address, &["status"]).output().expect("it runs").status.success());
    // Whoever is on the machine halts automation by its file, signed in or not.
    let data = home.data();
    let halted = well(&mut andon(&home, address, &["halt", "--data", data.to_str().expect("a path")]));
    assert!(halted.contains("the file holds; the server:") && data.join("HALT").exists(), "{halted}");
    // Neither the log nor the journal knows what was secret.
    let journal = std::fs::read(home.data().join("journal.db")).expect("a journal");
    for secret in [token.trim(), token.trim().rsplit('_').next().expect("a secret"), PASSWORD] {
        assert!(!home.log_text().contains(secret), "the log knows a secret");
        assert!(
            !journal.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()),
            "the journal knows a secret"
        );
    }
}
