//! `andon route test`: where the routes of an alertmanager.yml lead an alert, which Alertmanager's own amtool must say
//! too.

use std::fmt::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{ops, stdout_of};
use crate::house::may_skip;

const FILE: &str = r#"
route:
  receiver: everybody
  routes:
    - matchers: [ team="web" ]
      receiver: web
      group_by: [alertname]
      routes:
        - { match: { severity: page }, receiver: pager, mute_time_intervals: [night] }
receivers: [ { name: everybody }, { name: web }, { name: pager } ]
time_intervals:
  - { name: night, time_intervals: [ { times: [ { start_time: '00:00', end_time: '06:00' } ] } ] }
"#;

#[test]
fn a_route_test_says_who_is_told_and_why() {
    let dir = ops(&[("alertmanager.yml", FILE)]);
    let test = |args: &[&str]| stdout_of(&[&["route", "test"], args].concat(), dir.path());
    let (code, said) = test(&["team=web", "severity=page", "--at", "2026-11-23T03:00:00Z", "-o", "json"]);
    assert_eq!(code, 0);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said[0]["receiver"], "pager");
    assert_eq!(said[0]["group_by"], "alertname");
    assert_eq!(said[0]["held"], "muted in night");
    assert_eq!(said[0]["route"], r#"{severity="page"}"#);
    assert_eq!(said[0]["file"], "alertmanager.yml:9");
    assert_eq!(test(&["team=web", "--receivers", "web"]).0, 0);
    assert_eq!(test(&["team=web", "--receivers", "everybody,web"]).0, 1);
    assert_eq!(test(&["team"]).0, 2, "no value");
    assert_eq!(stdout_of(&["route", "test"], ops(&[("a.yaml", super::INSTANCE)]).path()).0, 2, "no routes");
}

#[test]
fn an_alertmanager_yml_is_imported_once_and_only_whole() {
    let dir = ops(&[("alertmanager.yml", FILE), ("broken.yml", "route: { receiver: x }\nreceivers: []\n")]);
    let import = |args: &[&str]| stdout_of(&[&["import"], args].concat(), dir.path());
    let (code, said) = import(&["alertmanager.yml"]);
    assert_eq!((code, said.lines().count()), (0, 4), "{said}");
    let web = std::fs::read_to_string(dir.path().join("routes/web.yaml")).expect("a route");
    assert!(web.contains("name: pager") && web.contains("name: night"), "{web}");
    assert_eq!(import(&["alertmanager.yml"]).0, 2, "what is there stays");
    assert_eq!(import(&["broken.yml", "--into", "new"]).0, 1);
    assert!(!dir.path().join("new").exists(), "nothing is written of a file with errors");
    assert_eq!(import(&["."]).0, 2, "a directory");
    let own = "templates: [t/*.tmpl]\nroute: { receiver: x }\nreceivers:\n- name: x\n  slack_configs:\n  - { channel: c, api_url: 'https://slack.example/x', text: '{{ template \"own\" . }}' }\n";
    std::fs::create_dir(dir.path().join("t")).expect("a directory");
    std::fs::write(dir.path().join("t/own.tmpl"), "{{ define \"own\" }}x{{ end }}").expect("a file");
    std::fs::write(dir.path().join("own.yml"), own).expect("a file");
    assert_eq!(import(&["own.yml", "--into", "other"]).0, 0, "with templates of its own");
}

/// The same routes are asked as the file and as the parts that an import makes of it.
#[test]
fn made_up_routes_lead_where_amtool_says() {
    if Command::new("amtool").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
        && may_skip("amtool, Alertmanager's own tool, is not installed")
    {
        return;
    }
    let mut dice = Dice(7);
    for round in 0..20 {
        let mut file = String::from("route:\n  receiver: r0\n  routes:\n");
        routes(&mut file, &mut dice, 2, 2);
        file.push_str(
            "receivers: [ { name: r0 }, { name: r1 }, { name: r2 }, { name: r3 }, { name: r4 } ]\n",
        );
        let dir = ops(&[("alertmanager.yml", &file)]);
        let parts = ops(&[]);
        let into = parts.path().to_str().expect("UTF-8");
        assert_eq!(stdout_of(&["import", "alertmanager.yml", "--into", into], dir.path()).0, 0, "{file}");
        for _ in 0..4 {
            let labels = ["a", "b", "c"].map(|name| format!("{name}={}", ["", "x", "y", "xy"][dice.of(4)]));
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let amtool = Command::new("amtool")
                .args(["config", "routes", "test", "--config.file", "alertmanager.yml"])
                .args(&labels)
                .current_dir(dir.path())
                .output()
                .expect("amtool runs");
            assert!(amtool.status.success(), "{file}{}", String::from_utf8_lossy(&amtool.stderr));
            let wanted = String::from_utf8_lossy(&amtool.stdout).trim().to_owned();
            for place in [dir.path(), parts.path()] {
                let said = stdout_of(&[&["route", "test", "-o", "json"], &labels[..]].concat(), place).1;
                let said: Value = serde_json::from_str(&said).expect("JSON");
                let said = said.as_array().expect("a list").iter();
                let said: Vec<&str> = said.map(|row| row["receiver"].as_str().expect("a name")).collect();
                assert_eq!(
                    said.join(","),
                    wanted,
                    "round {round}, {labels:?} at {} in\n{file}",
                    place.display()
                );
            }
        }
    }
}

/// Up to four routes at this depth, each perhaps with some below it.
fn routes(file: &mut String, dice: &mut Dice, indent: usize, depth: usize) {
    for _ in 0..=dice.of(4) {
        let pad = " ".repeat(indent);
        let matcher = |dice: &mut Dice| {
            let (name, value) = (["a", "b", "c"][dice.of(3)], ["", "x", "y", "xy"][dice.of(4)]);
            match dice.of(6) {
                0 => format!("match: {{ {name}: '{value}' }}"),
                1 => format!("match_re: {{ {name}: '{value}|y.*' }}"),
                2 => format!("matchers: [ '{name}=\"{value}\"' ]"),
                3 => format!("matchers: [ '{name}!=\"{value}\"', 'a=~\".*\"' ]"),
                4 => format!("matchers: [ '{{{name}=~\"{value}.?\"}}' ]"),
                _ => format!("matchers: [ '{name} !~ {value}y?' ]"),
            }
        };
        let _ = writeln!(file, "{pad}- {}", matcher(dice));
        if dice.of(3) > 0 {
            let _ = writeln!(file, "{pad}  receiver: r{}", 1 + dice.of(4));
        }
        let _ = writeln!(file, "{pad}  continue: {}", dice.of(2) == 0);
        if depth > 0 && dice.of(2) == 0 {
            let _ = writeln!(file, "{pad}  routes:");
            routes(file, dice, indent + 2, depth - 1);
        }
    }
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
