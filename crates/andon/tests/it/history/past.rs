//! Months of a shop that breaks every day: each time somebody is paged, acknowledges, notes what they saw, and closes
//! the review. Turned by the loop itself, so that the journal holds what a server would have written.

use std::path::Path;
use std::time::{Duration, SystemTime};

use andon_cycle::State;
use andon_definitions::SourceFile;
use andon_journal::{Entry, Journal, SqliteJournal, Term};
use andon_vocabulary::{
    Active, AlertId, CatalogTexts, Closing, Command, Effect, Gone, GoneWhy, IncidentId, Input, Labels,
    Outcome, ReviewId, Started, Timestamp, Told, Value, Verdict, Via, Who,
};

const RULE: &str = "shop/ShopBroken";
const BATCH: usize = 500;

/// How much happened.
#[derive(Clone, Copy, Default)]
pub struct Extent {
    pub records: u64,
    pub events: u64,
    pub incidents: u64,
}

/// Writes at least so many events into a journal that is new, and lets go of it.
pub fn live(file: &Path, files: &[(&'static str, String)], events: u64) -> Extent {
    let mut journal = SqliteJournal::open(file, "proof").expect("a new journal");
    let term = journal.acquire("proof").expect("the only writer");
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    // An hour for each incident, which has a dozen events.
    let ago = Duration::from_secs(events / 8 * 3600);
    let now = Timestamp::from_ms(since.saturating_sub(ago).as_millis() as i64);
    let (state, waiting) = (State::default(), Vec::new());
    let mut past = Past { journal, term, state, now, waiting, commands: 0, extent: Extent::default() };
    past.begin(files);
    while past.extent.events < events {
        past.outage();
    }
    past.write();
    past.extent
}

struct Past {
    journal: SqliteJournal,
    term: Term,
    state: State,
    now: Timestamp,
    waiting: Vec<Entry>,
    commands: u64,
    extent: Extent,
}

impl Past {
    fn begin(&mut self, files: &[(&'static str, String)]) {
        let started = Started { term: self.term.0, version: "0.1.0".to_owned(), moved: false, address: None };
        self.turn(Input::Started(started));
        let sources: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: text.clone() })
            .collect();
        let (catalog, findings) = andon_definitions::load(&sources);
        assert!(!findings.iter().any(|finding| finding.is_error()), "{findings:?}");
        let files = sources.into_iter().map(|file| (file.path, file.text)).collect();
        self.turn(Input::Catalog(CatalogTexts { hash: catalog.hash, files }));
    }

    fn outage(&mut self) {
        let labels = [("alertname", "ShopBroken"), ("service", "shop"), ("severity", "critical")];
        let active = vec![Active { labels: Labels::new(labels), value: Value(1.0), annotations: None }];
        self.verdict(active, Vec::new());
        let incident = *self.state.respond.incidents.open.keys().next_back().expect("it was opened");
        self.deliver();
        self.pass(60);
        self.tell(Command::Acknowledge { incident });
        self.tell(Command::Note { incident, text: "it was the cache again; it is being emptied".to_owned() });
        self.pass(240);
        let why = GoneWhy::False { value: Some(Value(0.0)) };
        let alerts: Vec<AlertId> = self.state.monitor.alerts.keys().copied().collect();
        self.verdict(Vec::new(), alerts.into_iter().map(|alert| Gone { alert, why: why.clone() }).collect());
        self.deliver();
        self.pass(1200);
        self.turn(Input::Tick);
        self.close(incident);
        self.pass(2100);
        self.turn(Input::Tick);
        self.extent.incidents += 1;
    }

    fn close(&mut self, incident: IncidentId) {
        let review: Option<ReviewId> = self.state.improve.reviews.keys().next_back().copied();
        let review = review.unwrap_or_else(|| panic!("{incident} is to be reviewed"));
        self.tell(Command::EditReview {
            review,
            conditions: "the cache has no bound, and nothing empties it".to_owned(),
            surprised: "that it took a minute to find out which shop".to_owned(),
            helped: "the note of the last time".to_owned(),
        });
        let link = "https://git.example.org/shop/pull/7".to_owned();
        self.tell(Command::CloseReview { review, closing: Closing::Change { link } });
    }

    fn verdict(&mut self, active: Vec<Active>, gone: Vec<Gone>) {
        self.turn(Input::Verdict(Verdict { rule: RULE.into(), active, gone, error: None }));
    }

    fn tell(&mut self, command: Command) {
        self.commands += 1;
        let who = Who::new("ana", Via::Page);
        self.turn(Input::Told(Told { who, key: format!("key-{}", self.commands), command }));
    }

    /// Everybody hears what they are told.
    fn deliver(&mut self) {
        for owed in self.state.owed(self.now) {
            assert!(matches!(owed.effect, Effect::Deliver(_)), "{owed:?}");
            let outcome = Outcome::Delivered { receipt: "204 No Content".to_owned() };
            self.turn(Input::Outcome { intent: owed.intent, attempt: owed.attempt, outcome });
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    fn turn(&mut self, input: Input) {
        let turn = andon_cycle::turn(&mut self.state, input, self.now);
        turn.answer.expect("nothing is refused");
        let Some(record) = turn.record else { return };
        self.extent.records += 1;
        self.extent.events += record.events.len() as u64;
        let subjects = andon_cycle::subjects(&record, &self.state);
        self.waiting.push(Entry { body: record.encode(), subjects });
        if self.waiting.len() >= BATCH {
            self.write();
        }
    }

    fn write(&mut self) {
        let seq = self.journal.head().seq;
        self.journal.append(self.term, seq, &self.waiting).expect("there is room");
        self.waiting.clear();
    }
}
