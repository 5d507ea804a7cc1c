//! Inputs turned together: one append makes all of them durable, and until then nothing of them leaves.

use andon_cycle::State;
use andon_journal::Entry;
use andon_vocabulary::{
    Access, Event, IncumbentSaid, Input, Receipt, Received, Record, Refusal, Reported, Timestamp, Told,
};

use crate::queue::{Answer, TellError};

pub struct Batch {
    /// What the state will be once the batch is durable.
    pub state: State,
    pub now: Timestamp,
    records: Vec<Record>,
    pub entries: Vec<Entry>,
    answers: Vec<(Answer, Result<Receipt, Refusal>)>,
}

impl Batch {
    pub fn new(state: State, now: Timestamp) -> Batch {
        Batch { state, now, records: Vec::new(), entries: Vec::new(), answers: Vec::new() }
    }

    pub fn turn(&mut self, input: Input) -> Result<Receipt, Refusal> {
        let turn = andon_cycle::turn(&mut self.state, input, self.now);
        if let Some(record) = turn.record {
            let subjects = andon_cycle::subjects(&record, &self.state);
            self.entries.push(Entry { body: record.encode(), subjects });
            self.records.push(record);
        }
        turn.answer
    }

    pub fn tell(&mut self, told: Told, answer: Answer) {
        let said = self.turn(Input::Told(told));
        self.answers.push((answer, said));
    }

    pub fn receive(&mut self, received: Received, answer: Answer) {
        let said = self.turn(Input::Received(received));
        self.answers.push((answer, said));
    }

    pub fn compare(&mut self, said: IncumbentSaid, answer: Answer) {
        let said = self.turn(Input::Incumbent(said));
        self.answers.push((answer, said));
    }

    pub fn record(&mut self, access: Access, answer: Answer) {
        let said = self.turn(Input::Access(access));
        self.answers.push((answer, said));
    }

    pub fn report(&mut self, reported: Reported, answer: Answer) {
        let said = self.turn(Input::Reported(reported));
        self.answers.push((answer, said));
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.records.iter().flat_map(|record| &record.events)
    }

    /// It is durable. A sender who no longer waits has lost nothing: the same key gets the same answer.
    pub fn acknowledge(self) {
        for (answer, said) in self.answers {
            let _ = answer.send(said.map_err(TellError::Refused));
        }
    }

    /// It is not durable: the senders are told, and what nobody would say again is given back. What the samples say
    /// is seen anew.
    pub fn refuse(self, why: &str) -> Vec<Input> {
        for (answer, _) in self.answers {
            let _ = answer.send(Err(TellError::Unavailable(why.to_owned())));
        }
        let is_kept = |input: &Input| {
            !matches!(
                input,
                Input::Told(_)
                    | Input::Received(_)
                    | Input::Incumbent(_)
                    | Input::Access(_)
                    | Input::Verdict(_)
                    | Input::Reading(_)
                    | Input::Tick
            )
        };
        self.records.into_iter().map(|record| record.input).filter(is_kept).collect()
    }
}
