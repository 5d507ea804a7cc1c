//! `andon route`: where the routes of an `alertmanager.yml` lead an alert, without sending anything.

use std::path::PathBuf;

use andon_definitions::Alertmanager;
use andon_definitions::alertmanager::{AlertMatcher, GroupBy, Route as Node};
use andon_vocabulary::{Labels, MatchOp, Timestamp};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::definitions::Definitions;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("RECEIVER", "/receiver"),
    ("GROUPED BY", "/group_by"),
    ("WAIT", "/group_wait"),
    ("AGAIN", "/group_interval"),
    ("REPEAT", "/repeat_interval"),
    ("NOT SENT", "/held"),
    ("ROUTE", "/route"),
    ("FILE", "/file"),
];

#[derive(Args)]
pub struct Route {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Which receivers an alert with these labels is sent to, and by which routes
    Test(Test),
}

#[derive(Args)]
struct Test {
    /// The labels of the alert
    #[arg(value_name = "LABEL=VALUE")]
    labels: Vec<String>,
    /// The directory of the definitions, or the one that has them in ops/
    #[arg(long, default_value = ".", value_name = "DIR")]
    definitions: PathBuf,
    /// Fail unless it is sent to these receivers, in this order
    #[arg(long, value_name = "RECEIVER,…", value_delimiter = ',')]
    receivers: Option<Vec<String>>,
    /// When it is sent, for the time intervals of routes
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    shape: Shape,
}

impl Route {
    pub fn run(self) -> Outcome {
        match self.what {
            What::Test(test) => test.run(),
        }
    }
}

impl Test {
    fn run(self) -> Outcome {
        let labels = labels(&self.labels)?;
        let read = Definitions::read(&self.definitions)?.without_errors()?;
        let Some(alertmanager) = &read.catalog.alertmanager else {
            let place = read.directory.path().display().to_string();
            return Err(Failure::usage(format!("no routes in {place}"))
                .hint("put an alertmanager.yml beside the definitions"));
        };
        let ends = alertmanager.route.matching(&labels);
        let rows: Vec<Value> = ends.iter().map(|node| row(alertmanager, node, self.at)).collect();
        self.shape.list(&json!(rows), COLUMNS, "it is sent nowhere")?;
        let sent: Vec<&str> = ends.iter().map(|node| node.receiver.as_str()).collect();
        match self.receivers {
            Some(wanted) if sent != wanted => Err(Failure::new(
                Exit::Failed,
                format!("it is sent to {}, and not to {}", sent.join(","), wanted.join(",")),
            )),
            _ => Ok(Exit::Well),
        }
    }
}

/// Each written as one matcher that compares: what follows its `=` is the value, commas and braces and all.
fn labels(written: &[String]) -> Result<Labels, Failure> {
    let one = |text: &String| match AlertMatcher::one(text) {
        Ok(one) if one.op() == MatchOp::Equal => Ok((one.name().to_owned(), one.value().to_owned())),
        _ => Err(Failure::usage(format!("`{text}` is no label and its value")).hint(
            "write LABEL=VALUE, such as severity=page; a name or a value of any text stands in double quotes",
        )),
    };
    let pairs = written.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok(Labels::new(pairs))
}

fn row(alertmanager: &Alertmanager, node: &Node, at: Option<Timestamp>) -> Value {
    let matchers: Vec<String> = node.matchers.iter().map(AlertMatcher::to_string).collect();
    json!({
        "receiver": node.receiver,
        "group_by": match &node.group_by {
            GroupBy::All => "every label".to_owned(),
            GroupBy::Labels(labels) => labels.iter().cloned().collect::<Vec<_>>().join(", "),
        },
        "group_wait": node.group_wait.to_string(),
        "group_interval": node.group_interval.to_string(),
        "repeat_interval": node.repeat_interval.to_string(),
        "held": at.and_then(|at| alertmanager.held(node, at)),
        "route": format!("{{{}}}", matchers.join(",")),
        "file": format!("{}:{}", node.origin.file, node.origin.line),
    })
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn a_value_is_all_that_follows() {
        let written = [
            "team=a, c",
            "description=Pods are down, or not {ready}",
            "severity=\"page\"",
            "a=b,c=d",
            "\"two words\"=\"x, y\"",
        ];
        let Ok(read) = labels(&written.map(str::to_owned)) else { panic!("labels and their values") };
        let found: Vec<(&str, &str)> = read.iter().collect();
        assert_eq!(
            found,
            [
                ("a", "b,c=d"),
                ("description", "Pods are down, or not {ready}"),
                ("severity", "page"),
                ("team", "a, c"),
                ("two words", "x, y"),
            ]
        );
        for wrong in ["team", "team!=a", "team=~a", ""] {
            assert!(labels(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
