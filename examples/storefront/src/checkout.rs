//! Turns a cart into an order, through a pool of database connections.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use crate::failure::{Failure, Reason};
use crate::faults::{Fault, LEAK_PROBABILITY};
use crate::metrics::Page;
use crate::peers::Peers;
use crate::place::{Place, Service};
use crate::pool::{self, Pool};
use crate::shop::{RequestId, Shop};

const CART_WAIT_MAX: Duration = Duration::from_millis(2000);
/// How long the imagined database takes to store an order, in milliseconds.
const STORE_MS: std::ops::Range<u64> = 5..20;

struct Checkout {
    shop: Arc<Shop>,
    cart: Peers,
    books: Arc<Books>,
}

/// What checkout counts.
struct Books {
    pool: Pool,
    orders: AtomicU64,
    failures: BTreeMap<Reason, AtomicU64>,
}

pub async fn run(place: Place) -> Result<(), String> {
    let cart = Peers::from_env(Service::Cart, CART_WAIT_MAX)?;
    let books = Arc::new(Books {
        pool: Pool::new(),
        orders: AtomicU64::new(0),
        failures: Reason::OF_CHECKOUT.map(|reason| (reason, AtomicU64::new(0))).into(),
    });
    let (to_show, to_count) = (books.clone(), books.clone());
    let shop = Shop::open(place, move |page| to_show.write(page), move |reason| to_count.failed(reason))?;
    let checkout = Arc::new(Checkout { shop: shop.clone(), cart, books });
    shop.serve(Router::new().route("/checkout", post(order)).with_state(checkout)).await
}

async fn order(
    State(checkout): State<Arc<Checkout>>,
    Extension(id): Extension<RequestId>,
    body: String,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let Checkout { shop, books, .. } = &*checkout;
    // Before the connection is taken: nothing should hold one while it waits for another service.
    let total = checkout.total(&body, &id).await?;
    let Some(connection) = books.pool.acquire().await else {
        return Err(Failure::unavailable(Reason::NoDatabaseConnection, "no database connection"));
    };
    tokio::time::sleep(Duration::from_millis(shop.dice.between(STORE_MS.start, STORE_MS.end))).await;
    let number = books.orders.fetch_add(1, Ordering::Relaxed) + 1;
    if shop.faults.is_on(Fault::Leak) && shop.dice.happens(LEAK_PROBABILITY) {
        connection.leak();
    }
    let order = format!("{}-{number}", shop.place.instance);
    Ok((StatusCode::CREATED, Json(json!({ "order": order, "total_cents": total }))))
}

impl Checkout {
    /// What the cart costs, as the cart service says.
    async fn total(&self, body: &str, id: &RequestId) -> Result<Value, Failure> {
        let unavailable = |says: String| Failure::unavailable(Reason::CartUnavailable, says);
        let cart: Value = serde_json::from_str(body).map_err(|error| {
            let says = format!("the body must be a cart, as JSON: {error}");
            Failure::request(StatusCode::BAD_REQUEST, says)
        })?;
        let mut answer = self.cart.post("/cart", &cart, id).await.map_err(unavailable)?;
        match answer.code {
            StatusCode::OK => Ok(answer.body["total_cents"].take()),
            code if code.is_client_error() => {
                let says = answer.body["error"].as_str().unwrap_or("the cart was refused");
                Err(Failure::request(code, says))
            }
            code => Err(unavailable(format!("the cart answered {code}: {}", answer.body))),
        }
    }
}

impl Books {
    fn failed(&self, reason: Reason) {
        if let Some(count) = self.failures.get(&reason) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&self, page: &mut Page) {
        page.single("db_pool_in_use", "gauge", "Database connections taken.", self.pool.in_use());
        page.single("db_pool_size", "gauge", "Database connections that there are.", pool::SIZE);
        let orders = self.orders.load(Ordering::Relaxed);
        page.single("checkout_orders_total", "counter", "Orders stored.", orders);
        page.family("checkout_failures_total", "counter", "Checkouts that failed on our side, by reason.");
        for (reason, count) in &self.failures {
            let count = count.load(Ordering::Relaxed);
            page.sample("checkout_failures_total", &[("reason", reason.word())], count);
        }
    }
}
