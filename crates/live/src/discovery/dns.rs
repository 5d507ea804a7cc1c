//! Targets by the DNS records of a name, asked again and again.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Period;
use andon_definitions::prometheus::{DnsDiscovery, RecordKind};
use andon_vocabulary::Labels;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::Way;

/// Never ends; drop it to stop.
pub async fn ask(config: DnsDiscovery, way: Arc<Way>) {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let every: Duration = config.refresh_interval.max(Period::seconds(1)).into();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for name in &config.names {
            let found = match &resolver {
                Ok(resolver) => look_up(resolver, name, &config).await,
                Err(error) => Err(format!("the system's resolver cannot be used: {error}")),
            };
            way.set(name, found.map_err(|why| format!("{name}: {why}")));
        }
        way.looked();
    }
}

async fn look_up(resolver: &TokioResolver, name: &str, config: &DnsDiscovery) -> Result<Vec<Labels>, String> {
    let kind = match config.kind {
        RecordKind::A => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Mx => RecordType::MX,
        RecordKind::Ns => RecordType::NS,
        RecordKind::Srv => RecordType::SRV,
    };
    match resolver.lookup(name, kind).await {
        Ok(answer) => {
            let records = answer.answers().iter();
            Ok(records.filter_map(|record| target(name, &record.data, config.port)).collect())
        }
        // The name, or such a record of it, is known not to be: then there is no target.
        Err(error) if error.is_no_records_found() => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// None: a record of another kind, such as the alias on the way to the address.
fn target(name: &str, record: &RData, port: u16) -> Option<Labels> {
    let ip = |address: IpAddr| (SocketAddr::new(address, port).to_string(), None);
    let host = |host: String, port: u16, label: &'static str| {
        let address = format!("{}:{port}", host.trim_end_matches('.'));
        (address, Some((label, host)))
    };
    let (address, label) = match record {
        RData::A(address) => ip(address.0.into()),
        RData::AAAA(address) => ip(address.0.into()),
        RData::SRV(srv) => host(srv.target.to_string(), srv.port, "__meta_dns_srv_record_target"),
        RData::MX(mx) => host(mx.exchange.to_string(), port, "__meta_dns_mx_record_target"),
        RData::NS(ns) => host(ns.0.to_string(), port, "__meta_dns_ns_record_target"),
        _ => return None,
    };
    let mut labels = vec![("__address__", address), ("__meta_dns_name", name.to_owned())];
    labels.extend(label);
    if let RData::SRV(srv) = record {
        labels.push(("__meta_dns_srv_record_port", srv.port.to_string()));
    }
    Some(Labels::new(labels))
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::Name;
    use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, SRV};

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
}
