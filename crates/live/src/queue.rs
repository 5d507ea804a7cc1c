//! The one way into the loop.

use andon_vocabulary::{Input, Receipt, Refusal, RefusalKind, Told};
use tokio::sync::{mpsc, oneshot};

/// How many may wait; whoever comes later waits to be let in.
const WAITING_MAX: usize = 1024;

/// What waits to turn the loop.
#[derive(Debug)]
pub enum Message {
    Input(Input),
    /// A person's command, whose sender waits for the answer.
    Told(Told, oneshot::Sender<Result<Receipt, Refusal>>),
    /// Nothing more is to be taken; the loop ends.
    Stop,
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
    pub async fn tell(&self, told: Told) -> Result<Receipt, Refusal> {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Message::Told(told, answer)).await.is_err() {
            return Err(stopped());
        }
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub async fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.0.send(Message::Stop).await;
    }
}

/// Nobody knows whether the command was taken: the same key asks again safely.
fn stopped() -> Refusal {
    Refusal {
        kind: RefusalKind::Conflict,
        what: "this Andon is stopping and did not answer".to_owned(),
        hint: Some(
            "start it again and repeat the command with the same key: it is carried out once".to_owned(),
        ),
    }
}
