//! Discovery by DNS, against a server that answers whatever it is told to.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, SRV};
use hickory_resolver::proto::rr::{Name, Record};
use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::*;

#[test]
fn records_become_addresses() {
    let of = |record| target("db.example.org", &record, 9100);
    let address = |record| of(record).unwrap().get("__address__").unwrap().to_owned();
    assert_eq!(address(RData::A(A::new(10, 0, 0, 1))), "10.0.0.1:9100");
    assert_eq!(address(RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))), "[2001:db8::1]:9100");
    let host = || Name::from_ascii("node-1.example.org.").unwrap();
    let srv = of(RData::SRV(SRV::new(0, 5, 8080, host()))).unwrap();
    assert_eq!(
        srv.to_string(),
        r#"{__address__="node-1.example.org:8080", __meta_dns_name="db.example.org", __meta_dns_srv_record_port="8080", __meta_dns_srv_record_target="node-1.example.org."}"#
    );
    assert_eq!(of(RData::CNAME(CNAME(host()))), None);
}

/// What the server says of each kind of record: how it goes, and what there is.
type Zone = Arc<Mutex<BTreeMap<RecordType, (ResponseCode, Vec<RData>)>>>;

fn say(zone: &Zone, kind: RecordType, code: ResponseCode, records: Vec<RData>) {
    zone.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, (code, records));
}

/// A server of one zone, and a resolver that asks it alone.
async fn server(zone: &Zone) -> TokioResolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let zone = Arc::clone(zone);
    tokio::spawn(async move {
        let mut packet = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut packet).await {
            let asked = Message::from_vec(&packet[..length]).unwrap();
            let query = asked.queries[0].clone();
            let zone = zone.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (code, records) =
                zone.get(&query.query_type()).cloned().unwrap_or((ResponseCode::NXDomain, Vec::new()));
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            answer.metadata.response_code = code;
            answer.metadata.recursion_available = true;
            let name = query.name().clone();
            answer.add_query(query);
            // An answer that everybody else may keep for an hour.
            answer.add_answers(
                records.into_iter().map(|record| Record::from_rdata(name.clone(), 3600, record)),
            );
            // Whoever has gone is not told.
            let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
        }
    });
    let mut connection = ConnectionConfig::udp();
    connection.port = address.port();
    let server = NameServerConfig::new(address.ip(), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    uncached(builder.options_mut());
    builder.build().unwrap()
}

struct Discovered {
    way: Arc<Way>,
    changed: Arc<Notify>,
}

impl Discovered {
    async fn by(resolver: TokioResolver, config: serde_json::Value) -> Discovered {
        let changed: Arc<Notify> = Arc::default();
        let way = Arc::new(Way { found: Mutex::default(), changed: changed.clone() });
        let config = serde_json::from_value(config).unwrap();
        tokio::spawn(ask_by(Ok(resolver), config, way.clone()));
        Discovered { way, changed }
    }

    /// What is found once that has changed, and what is wrong.
    async fn next(&self) -> (Vec<String>, Vec<String>) {
        tokio::time::timeout(Duration::from_secs(30), self.changed.notified()).await.expect("a change");
        let found = self.way.found.lock().unwrap_or_else(PoisonError::into_inner);
        let address = |labels: &Labels| labels.get("__address__").unwrap().to_owned();
        let addresses = found.targets.values().flatten().map(address).collect();
        (addresses, found.troubles.values().cloned().collect())
    }
}

fn config(kind: &str) -> serde_json::Value {
    serde_json::json!({ "names": ["shop.example.org."], "type": kind, "port": 9100, "refresh_interval": "1s" })
}

fn a(last: u8) -> RData {
    RData::A(A::new(10, 0, 0, last))
}

#[tokio::test]
async fn targets_follow_their_records_and_outlive_a_server_that_fails() {
    let zone = Zone::default();
    say(&zone, RecordType::A, ResponseCode::NoError, vec![a(2), a(1)]);
    let found = Discovered::by(server(&zone).await, config("A")).await;
    let both = ["10.0.0.1:9100", "10.0.0.2:9100"].map(str::to_owned).to_vec();
    assert_eq!(found.next().await, (both.clone(), Vec::new()));

    // Another order is no news, though it is seen; the next answer is, long before the first is an hour old.
    say(&zone, RecordType::A, ResponseCode::NoError, vec![a(1), a(2)]);
    let is_news = tokio::time::timeout(Duration::from_millis(2500), found.changed.notified()).await;
    assert!(is_news.is_err(), "the same targets in another order");
    say(&zone, RecordType::A, ResponseCode::NoError, vec![a(1), a(2), a(3)]);
    assert_eq!(found.next().await.0.len(), 3);

    for failure in [ResponseCode::ServFail, ResponseCode::Refused] {
        say(&zone, RecordType::A, failure, Vec::new());
        let (addresses, troubles) = found.next().await;
        assert_eq!(addresses.len(), 3, "{failure}: the last that was known");
        assert!(troubles[0].starts_with("shop.example.org.: "), "{troubles:?}");
        say(&zone, RecordType::A, ResponseCode::NoError, vec![a(1), a(2), a(3)]);
        assert_eq!(found.next().await.1, Vec::<String>::new());
    }

    // A name that is known not to be has no targets.
    say(&zone, RecordType::A, ResponseCode::NXDomain, Vec::new());
    assert_eq!(found.next().await, (Vec::new(), Vec::new()));
    say(&zone, RecordType::A, ResponseCode::NoError, both.iter().map(|_| a(1)).take(1).collect());
    assert_eq!(found.next().await.0, ["10.0.0.1:9100"]);
}

#[tokio::test]
async fn services_and_addresses_of_version_6_are_found() {
    let zone = Zone::default();
    let host = Name::from_ascii("node-1.example.org.").unwrap();
    say(&zone, RecordType::SRV, ResponseCode::NoError, vec![RData::SRV(SRV::new(0, 5, 8080, host))]);
    say(
        &zone,
        RecordType::AAAA,
        ResponseCode::NoError,
        vec![RData::AAAA(AAAA::new(0xfd00, 0, 0, 0, 0, 0, 0, 7))],
    );
    let resolver = server(&zone).await;
    let services = Discovered::by(resolver.clone(), config("SRV")).await;
    assert_eq!(services.next().await.0, ["node-1.example.org:8080"]);
    let sixth = Discovered::by(resolver, config("AAAA")).await;
    assert_eq!(sixth.next().await.0, ["[fd00::7]:9100"]);
}
