//! The pages over a made-up evening, for whoever designs them: `cargo run -p andon-web --example preview -- 7071`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use andon_api::{Loop, scene};
use andon_vocabulary::Timestamp;

/// How long before now the scene's deploy was.
const AGO: Duration = Duration::from_secs(13 * 60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().map_or(Ok(7071), |port| port.parse())?;
    let now = Timestamp::EPOCH + SystemTime::now().duration_since(UNIX_EPOCH)?;
    let still = match args.next().as_deref() {
        Some("quiet") => scene::quiet(now),
        _ => scene::leaking(now - AGO),
    };
    let shared: Arc<dyn Loop> = Arc::new(still);
    let pages = andon_web::router(Arc::clone(&shared)).merge(andon_api::router(shared));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, pages).await?;
    Ok(())
}
