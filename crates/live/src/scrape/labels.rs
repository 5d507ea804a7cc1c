//! The labels of a sample: what the target says of it, beside what is known of the target.

use andon_definitions::Job;
use andon_vocabulary::Labels;

/// The target's labels win, and what the sample itself says under the same name is kept as `exported_…`; with
/// `honor_labels` it is the sample that wins.
pub fn laid_over(exposed: &Labels, target: &Labels, honor: bool) -> Labels {
    if honor {
        return target.merged(exposed);
    }
    let mut kept: Vec<(String, &str)> = Vec::new();
    let mut conflicting: Vec<(&str, &str)> = Vec::new();
    for (name, value) in exposed.iter() {
        match target.get(name) {
            Some(_) => conflicting.push((name, value)),
            None => kept.push((name.to_owned(), value)),
        }
    }
    // The shorter one first, as Prometheus does it: who else has the name gets one prefix more.
    conflicting.sort_by_key(|(name, _)| name.len());
    for (name, value) in conflicting {
        let mut name = format!("exported_{name}");
        while target.get(&name).is_some() || kept.iter().any(|(other, _)| *other == name) {
            name.insert_str(0, "exported_");
        }
        kept.push((name, value));
    }
    kept.into_iter().collect::<Labels>().merged(target)
}

/// What is too much about the labels of one series, if anything.
pub fn excess(labels: &Labels, job: &Job) -> Option<String> {
    let limits = &job.limits;
    let over = |limit: Option<u64>, size: usize| limit.filter(|limit| size as u64 > *limit);
    if let Some(limit) = over(limits.labels, labels.len()) {
        return Some(format!(
            "label_limit: {} has {} labels, more than {limit}",
            labels.name(),
            labels.len()
        ));
    }
    for (name, value) in labels.iter() {
        if let Some(limit) = over(limits.label_name_bytes, name.len()) {
            return Some(format!(
                "label_name_length_limit: the label {name} of {} is longer than {limit}",
                labels.name()
            ));
        }
        if let Some(limit) = over(limits.label_value_bytes, value.len()) {
            let metric = labels.name();
            return Some(format!(
                "label_value_length_limit: the value of {name} of {metric} is longer than {limit}"
            ));
        }
    }
    let is_legacy = |name: &str, colon: bool| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(fits)
    };
    let names_fit =
        || is_legacy(labels.name(), true) && labels.iter().all(|(name, _)| is_legacy(name, false));
    if job.legacy_names_only && !names_fit() {
        let metric = labels.name();
        return Some(format!(
            "{metric:?} or one of its labels is no legacy name; set metric_name_validation_scheme to utf8"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        text.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect()
    }

    #[test]
    fn whoever_has_a_name_already_pushes_the_other_aside() {
        let target = labels("job=j instance=i");
        let over = |exposed: &str, honor| laid_over(&labels(exposed), &target, honor);
        assert_eq!(over("__name__=a x=1", false), labels("__name__=a x=1 job=j instance=i"));
        assert_eq!(over("job=own", false), labels("exported_job=own job=j instance=i"));
        assert_eq!(
            over("job=own exported_job=other", false),
            labels("exported_exported_job=own exported_job=other job=j instance=i")
        );
        assert_eq!(over("job=own", true), labels("job=own instance=i"));
    }

    #[test]
    fn every_limit_of_labels_is_named() {
        let mut job = Job::named("a");
        job.limits.labels = Some(2);
        job.limits.label_name_bytes = Some(8);
        job.limits.label_value_bytes = Some(3);
        let said = |text: &str| excess(&labels(text), &job).unwrap_or_default();
        assert_eq!(said("__name__=m a=1"), "");
        assert_eq!(said("__name__=m a=1 b=2"), "label_limit: m has 3 labels, more than 2");
        assert!(said("a_long_name=1").starts_with("label_name_length_limit: the label a_long_name"));
        assert!(said("__name__=m a=1234").starts_with("label_value_length_limit: the value of a of m"));
        job.legacy_names_only = true;
        let said = excess(&labels("__name__=a.b"), &job).unwrap();
        assert!(said.starts_with("\"a.b\" or one of its labels is no legacy name"), "{said}");
    }
}
