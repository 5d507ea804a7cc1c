//! The pages over a made-up evening, for whoever designs them: `cargo run -p andon-web --example preview -- 7071`.

use std::sync::Arc;

use andon_api::{Loop, scene};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().map_or(Ok(7071), |port| port.parse())?;
    let still = match args.next().as_deref() {
        Some("quiet") => scene::quiet(),
        _ => scene::leaking(),
    };
    let shared: Arc<dyn Loop> = Arc::new(still);
    let pages = andon_web::router(Arc::clone(&shared)).merge(andon_api::router(shared));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, pages).await?;
    Ok(())
}
