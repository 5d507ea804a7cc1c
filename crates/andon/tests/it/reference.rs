//! The reference is true: its definitions are one set without findings whose scenario passes, and its list of events
//! is the journal's.

use std::collections::BTreeSet;

use crate::house::{andon, root};

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs/reference").join(name)).expect("a page")
}

#[test]
fn its_definitions_are_well_and_their_scenario_passes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let page = page("definitions.md");
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    for (number, block) in blocks.enumerate() {
        std::fs::write(dir.path().join(format!("{number}.yaml")), block).expect("a file");
    }
    andon().args(["check", "--strict"]).arg(dir.path()).assert().code(0);
    andon().arg("test").arg(dir.path()).assert().code(0);
}

#[test]
fn its_events_are_those_of_the_journal() {
    let sources = std::fs::read_dir(root().join("crates/vocabulary/src/event")).expect("the events");
    let sources =
        sources.map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("text"));
    let named: BTreeSet<String> = sources
        .flat_map(|text| text.split("rename = \"").skip(1).map(|rest| first(rest, '"')).collect::<Vec<_>>())
        .filter(|name| name.contains('@'))
        .collect();
    let page = page("events.md");
    let tables = page.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<String> = tables
        .flat_map(|line| line.split('`').filter(|word| word.contains('@')).map(str::to_owned))
        .collect();
    assert_eq!(listed, named);
}

#[test]
fn it_names_every_command() {
    let help = andon().arg("--help").output().expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let page = page("cli.md");
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let told = page.split('`').any(|code| first(code, ' ') == command);
        assert!(told, "docs/reference/cli.md does not tell of `andon {command}`");
    }
}

fn first(text: &str, end: char) -> String {
    text.split(end).next().unwrap_or_default().to_owned()
}
