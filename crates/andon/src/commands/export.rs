//! `andon export`: an incident to keep, as a test, as facts or as a document.

use std::collections::BTreeMap;

use andon_definitions::SourceFile;
use andon_vocabulary::{IncidentId, Labels, Record};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::client::{Client, Server};
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::cell;
use crate::outage::{Outage, Sampled, fill, scenario};
use crate::terminal;

const PAGE: usize = 1000;

#[derive(Args)]
pub struct Export {
    incident: IncidentId,
    /// A scenario that replays it, its facts, or its timeline to read
    #[arg(long = "as", value_enum, default_value_t)]
    form: Form,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Form {
    Scenario,
    Json,
    #[default]
    Markdown,
}

impl Export {
    pub fn run(self) -> Outcome {
        let client = self.server.connect()?;
        match self.form {
            Form::Scenario => self.scenario(&client),
            Form::Json => {
                let (incident, timeline) = self.told(&client)?;
                terminal::out(format_args!("{:#}", json!({ "incident": incident, "timeline": timeline })));
                Ok(Exit::Well)
            }
            Form::Markdown => {
                let (incident, timeline) = self.told(&client)?;
                terminal::out(markdown(&incident, &timeline));
                Ok(Exit::Well)
            }
        }
    }

    fn told(&self, client: &Client) -> Result<(Value, Value), Failure> {
        let path = format!("/api/v1/andon/incidents/{}", self.incident);
        Ok((client.get(&path, &[])?, client.get(&format!("{path}/timeline"), &[])?))
    }

    /// Written to stdout, and played once: a test that would not pass is said to be none.
    fn scenario(&self, client: &Client) -> Outcome {
        let outage = Outage::find(&journal(client)?, self.incident).ok_or_else(|| {
            Failure::new(Exit::Refused, format!("there is no {}", self.incident)).hint("`andon incidents`")
        })?;
        let mut sampled = sampled(client, &outage)?;
        if sampled.is_empty() {
            return Err(Failure::new(
                Exit::Refused,
                format!(
                    "no samples of {} are kept any more, so its world cannot be shown again",
                    self.incident
                ),
            )
            .hint("export an incident within the hour, or write its series by hand"));
        }
        let note = fill(&outage, &mut sampled);
        let text = scenario(&outage, &sampled, note.as_deref());
        terminal::out(text.trim_end());
        must_pass(&outage, text)
    }
}

/// Every record, a page at a time.
fn journal(client: &Client) -> Result<Vec<Record>, Failure> {
    let mut records = Vec::new();
    loop {
        let (from, limit) = ((records.len() + 1).to_string(), PAGE.to_string());
        let page = client.get("/api/v1/andon/journal", &[("from", &from), ("limit", &limit)])?;
        let page = page.as_array().map_or(&[][..], Vec::as_slice);
        for entry in page {
            records.push(serde_json::from_value(entry["record"].clone()).map_err(|error| {
                let what = format!("record {} cannot be read: {error}", entry["seq"]);
                Failure::new(Exit::Unreachable, what).hint("use the andon of the same version as the server")
            })?);
        }
        if page.len() < PAGE {
            return Ok(records);
        }
    }
}

/// The outage's series. Those that differ only in the version that ran are one, unless somebody asks for versions.
fn sampled(client: &Client, outage: &Outage) -> Result<Vec<Sampled>, Failure> {
    let (begin, end, every) = (outage.begin(), outage.end(), outage.every());
    let steps = usize::try_from(end.since(begin).as_millis() / every.as_millis()).unwrap_or(0) + 1;
    let mut found: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
    for metric in outage.metrics() {
        let query = format!("{metric}{{service={:?}}}", outage.service);
        let step = every.as_secs().to_string();
        let range = [
            ("query", query.as_str()),
            ("start", &begin.to_string()),
            ("end", &end.to_string()),
            ("step", &step),
        ];
        let answer = client.get("/api/v1/query_range", &range)?;
        for series in answer.pointer("/data/result").and_then(Value::as_array).into_iter().flatten() {
            let labels = series["metric"].as_object().into_iter().flatten();
            let pairs = labels.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
            let labels = Labels::new(pairs.filter(|(name, _)| *name != "version"));
            let samples = found.entry(labels).or_insert_with(|| vec![None; steps]);
            for point in series["values"].as_array().into_iter().flatten() {
                let at = point[0].as_f64().map(|seconds| (seconds * 1000.0).round() as i64 - begin.as_ms());
                let step =
                    at.and_then(|ms| usize::try_from(ms / i64::try_from(every.as_millis()).ok()?).ok());
                let value = point[1].as_str().and_then(|value| value.parse().ok());
                if let Some(place) = step.and_then(|step| samples.get_mut(step)) {
                    *place = value.or(*place);
                }
            }
        }
    }
    Ok(found.into_iter().map(|(series, samples)| Sampled { series, samples }).collect())
}

fn must_pass(outage: &Outage, text: String) -> Outcome {
    let mut files = outage.files.clone();
    files.push(SourceFile { path: format!("{}.yaml", outage.id), text });
    let (catalog, findings) = andon_definitions::load(&files);
    if !findings.is_empty() {
        eprint!("{}", andon_definitions::render(&findings, &files, false));
        return Err(Failure::new(Exit::Failed, "this scenario has findings; mend it before you keep it"));
    }
    let name = format!("{}-{}", outage.id.to_string().to_lowercase(), outage.service);
    let verdict = andon_rehearse::rehearse(&catalog.scenarios[&name], &catalog, &files, 0);
    if verdict.passed {
        return Ok(Exit::Well);
    }
    for failure in &verdict.failures {
        eprintln!("expected {}\n  actual {}", failure.expected, failure.actual);
    }
    Err(Failure::new(Exit::Failed, "played again, it does not end as it did; mend it before you keep it")
        .hint("what is above was expected; the series are sampled, and may miss what was quick"))
}

fn markdown(incident: &Value, timeline: &Value) -> String {
    let mut text = format!(
        "# {}: {}\n\n- service: {}\n- severity: SEV{}, {}\n- state: {}\n- opened: {}\n",
        cell(incident, "/id"),
        cell(incident, "/title"),
        cell(incident, "/service"),
        cell(incident, "/severity"),
        cell(incident, "/severity_why"),
        cell(incident, "/state"),
        cell(incident, "/opened_at"),
    );
    for suspect in incident["suspects"].as_array().into_iter().flatten() {
        text.push_str(&format!("- suspect: {}, {}\n", cell(suspect, "/what"), cell(suspect, "/why")));
    }
    text.push_str("\n## Timeline\n");
    for entry in timeline.as_array().into_iter().flatten() {
        let (at, kind, said) = (cell(entry, "/at"), cell(entry, "/kind"), cell(entry, "/text"));
        text.push_str(&format!("\n- {at} {kind}: {said}"));
    }
    text
}
