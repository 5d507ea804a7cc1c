//! Targets by the DNS records of a name, asked again and again.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Period;
use andon_definitions::prometheus::{DnsDiscovery, RecordKind};
use andon_vocabulary::Labels;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolverOpts;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::Way;

/// Never ends; drop it to stop.
pub async fn ask(config: DnsDiscovery, way: Arc<Way>) {
    let built = TokioResolver::builder_tokio().and_then(|mut builder| {
        uncached(builder.options_mut());
        builder.build()
    });
    ask_by(built, config, way).await;
}

/// Asked as often as the configuration says, however long an answer may be kept.
fn uncached(options: &mut ResolverOpts) {
    options.cache_size = 0;
}

async fn ask_by(resolver: Result<TokioResolver, NetError>, config: DnsDiscovery, way: Arc<Way>) {
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
            let mut found: Vec<Labels> =
                records.filter_map(|record| target(name, &record.data, config.port)).collect();
            // Servers turn their records round from answer to answer: that is no change.
            found.sort();
            Ok(found)
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
mod tests;
