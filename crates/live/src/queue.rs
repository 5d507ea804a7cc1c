//! The one way into the loop.

use andon_vocabulary::{Access, IncumbentSaid, Input, Receipt, Received, Refusal, Reported, Told};
use tokio::sync::{mpsc, oneshot};

/// How many may wait; whoever comes later waits to be let in.
const WAITING_MAX: usize = 1024;

/// What waits to turn the loop.
#[derive(Debug)]
pub enum Message {
    Input(Input),
    /// A person's command, whose sender waits for the answer.
    Told(Told, Answer),
    /// Alerts that others raise, whose sender waits until they are durable.
    Received(Received, Answer),
    /// What the pager that is still in charge did, whose sender waits until it is durable.
    Incumbent(IncumbentSaid, Answer),
    /// Who got in, or may: whoever tells it waits until it is durable.
    Access(Access, Answer),
    /// What a provider says later, which waits until it is durable.
    Reported(Reported, Answer),
    /// Nothing more is to be taken; the loop ends.
    Stop,
}

pub type Answer = oneshot::Sender<Result<Receipt, TellError>>;

/// Why a command has no receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TellError {
    /// The state does not allow it: nothing was changed.
    Refused(Refusal),
    /// It could not be made durable, or the loop is gone: it may be tried again with the same key.
    Unavailable(String),
}

#[derive(Clone, Debug)]
pub struct Queue(mpsc::Sender<Message>);

pub fn queue() -> (Queue, mpsc::Receiver<Message>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Queue(sender), receiver)
}

impl Queue {
    /// False: the loop has ended, and nothing reaches it any more.
    pub async fn input(&self, input: Input) -> bool {
        self.0.send(Message::Input(input)).await.is_ok()
    }

    /// Answered once what it brought about is durable.
    pub async fn tell(&self, told: Told) -> Result<Receipt, TellError> {
        self.ask(|answer| Message::Told(told, answer)).await
    }

    /// Answered once they are durable.
    pub async fn receive(&self, received: Received) -> Result<(), TellError> {
        self.ask(|answer| Message::Received(received, answer)).await.map(drop)
    }

    /// Answered once it is durable.
    pub async fn compare(&self, said: IncumbentSaid) -> Result<(), TellError> {
        self.ask(|answer| Message::Incumbent(said, answer)).await.map(drop)
    }

    /// Answered once it is durable.
    pub async fn record(&self, access: Access) -> Result<(), TellError> {
        self.ask(|answer| Message::Access(access, answer)).await.map(drop)
    }

    /// Answered once it is durable.
    pub async fn report(&self, reported: Reported) -> Result<(), TellError> {
        self.ask(|answer| Message::Reported(reported, answer)).await.map(drop)
    }

    async fn ask(&self, message: impl FnOnce(Answer) -> Message) -> Result<Receipt, TellError> {
        let stopping = || TellError::Unavailable("this Andon is stopping and did not answer".to_owned());
        let (answer, answered) = oneshot::channel();
        if self.0.send(message(answer)).await.is_err() {
            return Err(stopping());
        }
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    pub async fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.0.send(Message::Stop).await;
    }
}
