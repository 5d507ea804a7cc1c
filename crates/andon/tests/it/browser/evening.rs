//! A made-up evening behind the real pages: a deploy that leaks, an incident, a run that waits for an approval.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use andon_api::{Loop, scene};
use andon_vocabulary::Timestamp;

/// How long before now the deploy was.
const AGO: Duration = Duration::from_secs(13 * 60);

/// Serves it for as long as the test runs.
pub fn serve() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    std::thread::spawn(move || {
        let shared: Arc<dyn Loop> = Arc::new(scene::leaking(Timestamp::EPOCH + since - AGO));
        let pages = andon_web::router(Arc::clone(&shared)).merge(andon_api::router(shared));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, pages).await
        })
    });
    address
}
