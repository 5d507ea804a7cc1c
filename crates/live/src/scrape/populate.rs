//! From what was discovered to targets: the labels that a job adds, relabelling, and what an address has to be.

use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Period;
use andon_definitions::prometheus::Scheme;
use andon_vocabulary::{Labels, Name};
use reqwest::Url;

use crate::scrape::Target;
use crate::scrape::settings::Settings;

/// What became of one discovered label set.
#[derive(Debug)]
pub enum Populated {
    Target(Box<Target>),
    /// Relabelling left it out.
    Dropped,
    /// It is no target, and why.
    Wrong(String),
}

/// `found` with what the job says of every target, as relabelling sees it.
pub fn discovered(settings: &Settings, found: &Labels) -> Labels {
    let job = &settings.job;
    let scheme = if job.scheme == Scheme::Https { "https" } else { "http" };
    let mut of_the_job = vec![
        ("job".to_owned(), job.name.clone()),
        ("__scrape_interval__".to_owned(), job.interval.to_string()),
        ("__scrape_timeout__".to_owned(), job.timeout.to_string()),
        ("__metrics_path__".to_owned(), job.path.clone()),
        ("__scheme__".to_owned(), scheme.to_owned()),
    ];
    let first =
        |(name, values): (&String, &Vec<String>)| Some((format!("__param_{name}"), values.first()?.clone()));
    of_the_job.extend(job.params.iter().filter_map(first));
    of_the_job.into_iter().collect::<Labels>().merged(found)
}

/// As Prometheus's `PopulateLabels`.
pub fn populate(settings: &Arc<Settings>, discovered: &Labels) -> Populated {
    let Some(labels) = settings.relabel.apply(discovered) else { return Populated::Dropped };
    match target(settings, discovered, &labels) {
        Ok(target) => Populated::Target(Box::new(target)),
        Err(why) => Populated::Wrong(why),
    }
}

fn target(settings: &Arc<Settings>, discovered: &Labels, labels: &Labels) -> Result<Target, String> {
    let address = labels.get("__address__").ok_or("it has no address")?;
    if address.contains('/') {
        return Err(format!("`{address}` is not HOST:PORT"));
    }
    let time = |name: &str| -> Result<Duration, String> {
        let text = labels.get(name).unwrap_or_default();
        let period = Period::parse(text).map_err(|why| format!("{name}: {why}"))?;
        if period == Period::ZERO { Err(format!("{name} cannot be 0")) } else { Ok(period.into()) }
    };
    let (every, timeout) = (time("__scrape_interval__")?, time("__scrape_timeout__")?);
    if timeout > every {
        return Err("a scrape cannot take longer than the time to the next".to_owned());
    }
    let url = url(settings, labels, address)?;
    let own = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    let own = Labels::new([("instance", address)]).merged(&own.collect());
    let named = |name: &str| own.get(name).unwrap_or_default().to_owned();
    Ok(Target {
        name: Name::from(format!("{}/{}", named("job"), named("instance"))),
        url,
        labels: own,
        discovered: discovered.clone(),
        every,
        timeout,
        settings: settings.clone(),
        held: None,
    })
}

fn url(settings: &Settings, labels: &Labels, address: &str) -> Result<String, String> {
    let get = |name| labels.get(name).unwrap_or_default();
    let scheme = get("__scheme__");
    if !matches!(scheme, "http" | "https") {
        return Err(format!("the scheme is `{scheme}`, not http or https"));
    }
    let mut url =
        Url::parse(&format!("{scheme}://{address}/")).map_err(|_| format!("`{address}` is not HOST:PORT"))?;
    url.set_path(get("__metrics_path__"));
    let mut params = settings.job.params.clone();
    for (name, value) in labels.iter() {
        let Some(name) = name.strip_prefix("__param_") else { continue };
        let values = params.entry(name.to_owned()).or_default();
        match values.first_mut() {
            Some(first) => value.clone_into(first),
            None => values.push(value.to_owned()),
        }
    }
    let pairs: Vec<(&str, &str)> = params
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value.as_str())))
        .collect();
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use andon_definitions::prometheus::Job;

    use super::*;
    use crate::http::near_client;
    use crate::loopback::install_tls;

    fn settings(change: impl FnOnce(&mut Job)) -> Arc<Settings> {
        install_tls();
        let mut job = Job::named("node");
        change(&mut job);
        Settings::new(job, std::path::Path::new("."), &near_client().unwrap())
    }

    fn populated(settings: &Arc<Settings>, found: &[(&str, &str)]) -> Populated {
        let found = found.iter().copied().collect();
        populate(settings, &discovered(settings, &found))
    }

    fn rules(yaml: &str) -> Vec<RelabelRule> {
        serde_json::from_str(yaml).unwrap()
    }

    use andon_definitions::relabel::RelabelRule;

    #[test]
    fn a_target_is_its_address_with_the_jobs_labels() {
        let settings = settings(|job| {
            job.params.insert("module".into(), vec!["http".into(), "b c".into()]);
            job.path = "/a?b".into();
        });
        let found = [("__address__", "a:9100"), ("__meta_x", "y"), ("zone", "eu"), ("__param_module", "tcp")];
        let Populated::Target(target) = populated(&settings, &found) else { panic!("a target") };
        assert_eq!(target.url, "http://a:9100/a%3Fb?module=tcp&module=b+c");
        assert_eq!(target.labels.to_string(), r#"{instance="a:9100", job="node", zone="eu"}"#);
        assert_eq!(&*target.name, "node/a:9100");
        assert_eq!(target.discovered.get("__scrape_interval__"), Some("1m"));
        assert_eq!((target.every.as_secs(), target.timeout.as_secs()), (60, 10));
    }

    #[test]
    fn relabelling_decides_what_is_asked_where_and_how_often() {
        let settings = settings(|job| {
            job.relabel = rules(
                r#"[{"source_labels":["__meta_drop"],"regex":"yes","action":"drop"},
                    {"source_labels":["__meta_every"],"regex":"(.+)","target_label":"__scrape_interval__"},
                    {"source_labels":["__meta_scheme"],"regex":"(.+)","target_label":"__scheme__"},
                    {"target_label":"instance","replacement":"one"}]"#,
            );
        });
        let one = |pair| populated(&settings, &[("__address__", "a:1"), pair]);
        assert!(matches!(one(("__meta_drop", "yes")), Populated::Dropped));
        let Populated::Target(target) = one(("__meta_every", "30s")) else { panic!("a target") };
        assert_eq!((target.every.as_secs(), target.labels.get("instance")), (30, Some("one")));
        let wrong = |pair| match one(pair) {
            Populated::Wrong(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(("__meta_every", "5s")), "a scrape cannot take longer than the time to the next");
        assert_eq!(wrong(("__meta_scheme", "ftp")), "the scheme is `ftp`, not http or https");
        assert!(matches!(populated(&settings, &[]), Populated::Wrong(why) if why == "it has no address"));
    }
}
