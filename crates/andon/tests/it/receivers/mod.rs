//! What the receivers of an `alertmanager.yml` are sent, beside what Alertmanager itself sends for the same file and
//! the same alerts, and what its amtool makes of the same templates.
//!
//! `ANDON_ALERTMANAGER` and `ANDON_AMTOOL` name others than those on the PATH; each of their versions is compared as
//! far as it goes.

mod alertmanager;
mod mailbox;
mod told;
mod words;

use crate::house::may_skip;
use crate::prometheus_api::peer::binary;

/// The program, and whether it is of 0.28 or later.
fn tool(variable: &str, name: &str) -> Option<(String, bool)> {
    let Some(found) = binary(variable, name) else {
        may_skip(&format!("{name} is not installed; name it by {variable}, or put it on the PATH"));
        return None;
    };
    let output = std::process::Command::new(&found).arg("--version").output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let minor = said.split("version 0.").nth(1).and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    Some((found, minor.expect("a version") >= 28))
}
