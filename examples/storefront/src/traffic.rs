//! Shoppers: each looks at the catalog, fills a cart, and more often than not checks out. They arrive whether
//! or not the shop keeps up (an open loop), since people do; only their number at one time is bounded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};

use crate::dice::Dice;
use crate::log::Level;
use crate::metrics::Page;
use crate::peers::{Answer, Peers};
use crate::place::{Place, Service};
use crate::shop::{RequestId, Shop};

/// A shopper gives up on a request after this.
const PATIENCE: Duration = Duration::from_millis(2500);
const BUYS: f64 = 0.6;
const THINK_MS: std::ops::Range<u64> = 50..350;
const REPORT_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Shoppers who arrive in a second, on average.
    pub rate: f64,
    /// Shoppers at one time; who comes when the shop is full is turned away and counted.
    pub at_once: usize,
}

impl Default for Pace {
    /// 20 a second make 12 checkouts a second: 4 for each of three instances.
    fn default() -> Pace {
        Pace { rate: 20.0, at_once: 200 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Ordered,
    Left,
    Failed,
    TurnedAway,
}

impl Outcome {
    const ALL: [Outcome; 4] = [Outcome::Ordered, Outcome::Left, Outcome::Failed, Outcome::TurnedAway];

    fn word(self) -> &'static str {
        match self {
            Outcome::Ordered => "ordered",
            Outcome::Left => "left",
            Outcome::Failed => "failed",
            Outcome::TurnedAway => "turned_away",
        }
    }
}

struct Street {
    catalog: Peers,
    cart: Peers,
    checkout: Peers,
    dice: Dice,
    outcomes: Arc<BTreeMap<Outcome, AtomicU64>>,
}

pub async fn run(place: Place, pace: Pace) -> Result<(), String> {
    let outcomes: Arc<BTreeMap<_, _>> =
        Arc::new(Outcome::ALL.map(|outcome| (outcome, AtomicU64::new(0))).into());
    let street = Arc::new(Street {
        catalog: Peers::from_env(Service::Catalog, PATIENCE)?,
        cart: Peers::from_env(Service::Cart, PATIENCE)?,
        checkout: Peers::from_env(Service::Checkout, PATIENCE)?,
        dice: Dice::new(),
        outcomes: outcomes.clone(),
    });
    let shop = Shop::open(place, move |page| write(page, &outcomes), |_| {})?;
    tokio::spawn(report(shop.clone(), street.clone()));
    let opened = shop.clone();
    tokio::spawn(async move {
        tokio::select! { () = street.fill(pace) => {}, () = opened.stopped() => {} }
    });
    shop.serve(Router::new()).await
}

impl Street {
    /// Arrivals as a Poisson process: the next one's time is set by the schedule, never by how the last one fared.
    async fn fill(self: &Arc<Street>, pace: Pace) {
        let room = Arc::new(Semaphore::new(pace.at_once));
        let mut next = Instant::now();
        for shopper in 0u64.. {
            next += Duration::from_secs_f64(-(1.0 - self.dice.fraction()).ln() / pace.rate);
            sleep_until(next).await;
            let Ok(place) = room.clone().try_acquire_owned() else {
                self.count(Outcome::TurnedAway);
                continue;
            };
            let street = self.clone();
            tokio::spawn(async move {
                let outcome = street.shop(&RequestId(format!("shopper-{shopper}"))).await;
                street.count(outcome.unwrap_or(Outcome::Failed));
                drop(place);
            });
        }
    }

    /// One visit; an error ends it. Nobody tries again at once: those who would are among the next to arrive.
    async fn shop(&self, id: &RequestId) -> Result<Outcome, String> {
        let products = expect(StatusCode::OK, self.catalog.get("/products", id).await?)?;
        let products =
            products.as_array().filter(|products| !products.is_empty()).ok_or("an empty catalog")?;
        let mut items = Vec::new();
        for _ in 0..self.dice.between(1, 4) {
            self.think().await;
            let choice = &products[self.dice.between(0, products.len() as u64) as usize];
            let sku = choice["sku"].as_str().ok_or("a product without a sku")?;
            expect(StatusCode::OK, self.catalog.get(&format!("/products/{sku}"), id).await?)?;
            items.push(json!({ "sku": sku, "quantity": self.dice.between(1, 4) }));
        }
        let cart = json!({ "items": items });
        expect(StatusCode::OK, self.cart.post("/cart", &cart, id).await?)?;
        self.think().await;
        if !self.dice.happens(BUYS) {
            return Ok(Outcome::Left);
        }
        expect(StatusCode::CREATED, self.checkout.post("/checkout", &cart, id).await?)?;
        Ok(Outcome::Ordered)
    }

    async fn think(&self) {
        sleep(Duration::from_millis(self.dice.between(THINK_MS.start, THINK_MS.end))).await;
    }

    fn count(&self, outcome: Outcome) {
        self.outcomes[&outcome].fetch_add(1, Ordering::Relaxed);
    }
}

fn expect(code: StatusCode, answer: Answer) -> Result<Value, String> {
    if answer.code == code { Ok(answer.body) } else { Err(format!("answered {}", answer.code)) }
}

/// Says now and then how the visits went, while there were any.
async fn report(shop: Arc<Shop>, street: Arc<Street>) {
    let mut before = Outcome::ALL.map(|_| 0);
    loop {
        sleep(REPORT_EVERY).await;
        let now = Outcome::ALL.map(|outcome| street.outcomes[&outcome].load(Ordering::Relaxed));
        let mut fields = json!({ "seconds": REPORT_EVERY.as_secs() });
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            fields[outcome.word()] = (now[at] - before[at]).into();
        }
        shop.log.say(Level::Info, "visits", fields);
        before = now;
    }
}

fn write(page: &mut Page, outcomes: &BTreeMap<Outcome, AtomicU64>) {
    page.family("traffic_visits_total", "counter", "Visits to the shop, by how they ended.");
    for (outcome, count) in outcomes {
        let count = count.load(Ordering::Relaxed);
        page.sample("traffic_visits_total", &[("outcome", outcome.word())], count);
    }
}
