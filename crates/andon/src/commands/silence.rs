//! `andon silence`: nobody is told of what matches, for a time, and only after a look at what that is.

use std::io::{self, IsTerminal, Write};

use andon_definitions::Period;
use andon_definitions::alertmanager::AlertMatcher;
use andon_vocabulary::{Command, Silence as Asked, SilenceId, Timestamp, Weekly};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::{Server, Speaker};
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Column, Shape, one_line};
use crate::terminal;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("STATE", "/state"),
    ("MATCHERS", "/matchers"),
    ("ALERTS", "/alerts"),
    ("UNTIL", "/ends_at"),
    ("HOURS", "/weekly"),
    ("OWNER", "/owner"),
    ("WHY", "/comment"),
];
const FIELDS: &[Column] = &[
    ("id", "/id"),
    ("state", "/state"),
    ("matchers", "/matchers"),
    ("silences now", "/alerts"),
    ("from", "/starts_at"),
    ("until", "/ends_at"),
    ("hours", "/weekly"),
    ("next change", "/due"),
    ("maintenance", "/maintenance"),
    ("made by", "/created_by"),
    ("posted as", "/posted_by"),
    ("owner", "/owner"),
    ("reminds at", "/remind_at"),
    ("only up to", "/up_to"),
    ("why", "/comment"),
    ("ended", "/why"),
];

#[derive(Args)]
pub struct Silence {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Keep people from hearing of alerts; shows first which those are now
    Add(Add),
    /// Those in force, those to come, and those of the last five days
    List(List),
    /// Everything about one
    Show(Show),
    /// End one now
    Lift(Lift),
    /// Let one last longer
    Extend(Extend),
}

#[derive(Args)]
struct Add {
    /// Matchers, all of which hold: alertname="TargetDown", service=~"shop|checkout"
    #[arg(required = true, value_name = "MATCHER")]
    matchers: Vec<String>,
    /// How long, such as 2h or 3d
    #[arg(long = "for", value_name = "DURATION", value_parser = Period::parse, default_value = "2h")]
    lasts: Period,
    /// When it begins; without it, now
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// When it ends, in the place of --for
    #[arg(long, value_name = "TIME", conflicts_with = "lasts")]
    until: Option<Timestamp>,
    /// Only in these hours of the week: "tue 02:00-04:00 Europe/Madrid"
    #[arg(long, value_name = "HOURS")]
    recurring: Option<Weekly>,
    /// Who is reminded before it ends: a person, or team:NAME; without it, whoever makes it
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Why
    #[arg(long, short, default_value = "")]
    reason: String,
    /// Silence what is more urgent than all that it silences now, too
    #[arg(long)]
    whatever_severity: bool,
    /// Only show what it would silence
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Args)]
struct List {
    /// Those that have ended, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Args)]
struct Show {
    id: SilenceId,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Args)]
struct Lift {
    id: SilenceId,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Args)]
struct Extend {
    id: SilenceId,
    /// So much longer
    #[arg(long = "by", value_name = "DURATION", value_parser = Period::parse, default_value = "1h")]
    longer: Period,
    #[command(flatten)]
    speaker: Speaker,
}

impl Silence {
    pub fn run(self) -> Outcome {
        match self.what {
            What::Add(add) => add.run(),
            What::List(list) => list.run(),
            What::Show(show) => {
                let found = show.server.get(&format!("/api/v1/andon/silences/{}", show.id))?;
                show.shape.one(&found, FIELDS)
            }
            What::Lift(lift) => lift.speaker.tell(Command::LiftSilence { silence: lift.id }),
            What::Extend(extend) => extend.run(),
        }
    }
}

impl Add {
    fn run(self) -> Outcome {
        let text = self.matchers.join(",");
        let list = AlertMatcher::list(&text).map_err(|why| {
            Failure::usage(why).hint(r#"write them as alertname="TargetDown", service=~"shop|checkout""#)
        })?;
        let client = self.speaker.server.connect()?;
        let starts_at = self.from.unwrap_or_else(now);
        let ends_at = self.until.unwrap_or(starts_at + *self.lasts);
        let (from, until) = (self.from.map(|from| from.to_string()).unwrap_or_default(), ends_at.to_string());
        let weekly = self.recurring.as_ref().map(ToString::to_string).unwrap_or_default();
        let owner = self.owner.as_deref().unwrap_or_default();
        let asked = [
            ("matchers", text.as_str()),
            ("starts_at", &from),
            ("ends_at", &until),
            ("weekly", &weekly),
            ("owner", owner),
            ("comment", &self.reason),
        ];
        // What would be refused is refused before anybody is asked.
        let preview = client.get("/api/v1/andon/silences/preview", &asked)?;
        shown(&preview, starts_at);
        if self.dry_run {
            return Ok(Exit::Well);
        }
        let alerts = preview["alerts"].as_u64().unwrap_or(0);
        let question = format!("Silence {} until {}?", count(alerts), ends_at.second());
        if !self.yes && !agreed(&question)? {
            return Err(Failure::new(Exit::Refused, "nothing was silenced"));
        }
        let person = client.person(self.speaker.person.as_deref())?;
        let silence = Asked {
            weekly: self.recurring,
            owner: self.owner.map(Into::into),
            lift_on_severity: !self.whatever_severity,
            ..Asked::new(
                fresh_id(),
                list.iter().map(AlertMatcher::plain).collect(),
                starts_at,
                ends_at,
                person.clone(),
                self.reason,
            )
        };
        let id = silence.id;
        let receipt =
            client.tell(Some(&person), Command::Silence { silence: silence.into(), replaces: None })?;
        terminal::out(&receipt.done);
        terminal::out(receipt.silence.unwrap_or(id));
        Ok(Exit::Well)
    }
}

impl List {
    fn run(self) -> Outcome {
        let mut rows = self.server.get("/api/v1/andon/silences")?;
        if let Some(rows) = rows.as_array_mut().filter(|_| !self.all) {
            rows.retain(|row| row["state"] != "ended");
        }
        self.shape.list(&rows, COLUMNS, "nobody is kept from hearing of anything")
    }
}

impl Extend {
    fn run(self) -> Outcome {
        let client = self.speaker.server.connect()?;
        let found = client.get(&format!("/api/v1/andon/silences/{}", self.id), &[])?;
        let mut silence: Asked = serde_json::from_value(found["as_set"].clone()).map_err(unreadable)?;
        silence.ends_at = silence.ends_at.max(now()) + *self.longer;
        silence.id = fresh_id();
        let command = Command::Silence { silence: silence.into(), replaces: Some(self.id) };
        let receipt = client.tell(self.speaker.person.as_deref(), command)?;
        terminal::out(&receipt.done);
        Ok(Exit::Well)
    }
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("the server's answer cannot be read: {error}"))
        .hint("use the andon of the same version as the server")
}

/// To a person beside the result: what it matches now.
fn shown(preview: &Value, starts_at: Timestamp) {
    let alerts = preview["alerts"].as_u64().unwrap_or(0);
    terminal::err(format_args!("it matches {} of {} that fire now", count(alerts), preview["fires"]));
    for (service, alerts) in preview["services"].as_object().into_iter().flatten() {
        terminal::err(format_args!("  {service}: {alerts}"));
    }
    let named = preview["shown"].as_array().map_or(&[][..], Vec::as_slice);
    for labels in named {
        let labels: andon_vocabulary::Labels = serde_json::from_value(labels.clone()).unwrap_or_default();
        terminal::err(format_args!("  {}", one_line(&labels.to_string())));
    }
    if alerts > named.len() as u64 {
        terminal::err(format_args!("  and {} more", alerts - named.len() as u64));
    }
    let time = |at: &Value| at.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    if let (Some(from), Some(until)) = (time(&preview["begins"]["from"]), time(&preview["begins"]["until"]))
        && from > starts_at.max(now())
    {
        terminal::err(format_args!("it begins at {}, until {}", from.second(), until.second()));
    }
}

fn count(alerts: u64) -> String {
    if alerts == 1 { "1 alert".to_owned() } else { format!("{alerts} alerts") }
}

/// Where nobody can answer, nothing is taken for granted.
fn agreed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody can be asked here whether this is meant")
            .hint("look at it with --dry-run, then say --yes"));
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    let read = io::stderr().flush().and_then(|()| io::stdin().read_line(&mut answer));
    read.map_err(|error| Failure::usage(format!("the answer cannot be read: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn now() -> Timestamp {
    Timestamp::from_jiff(jiff::Timestamp::now())
}

/// Unlike every other: the operating system seeds each hasher.
fn fresh_id() -> SilenceId {
    use std::hash::{BuildHasher, RandomState};
    let word = || u128::from(RandomState::new().hash_one(jiff::Timestamp::now().as_nanosecond()));
    SilenceId::from_bits(word() << 64 | word())
}
