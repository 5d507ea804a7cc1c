//! What there is to ask for: series, the names of labels, their values.

use andon_timeseries::Matchers;
use andon_vocabulary::{Labels, Timestamp};
use axum::extract::{Path, State};
use axum::response::Response;

use super::body::{self, Remarks};
use super::failure::Failure;
use super::form::Form;
use super::gate::DEADLINE;
use super::{Site, go, passed, times};
use crate::port::Lookup;

struct Asked {
    limit: Option<usize>,
    from: Timestamp,
    to: Timestamp,
    any_of: Vec<Matchers>,
}

impl Asked {
    fn of(form: &Form, wrong: fn(String) -> Failure) -> Result<Asked, Failure> {
        Ok(Asked {
            limit: form.limit()?,
            from: form.time("start", times::EARLIEST)?,
            to: form.time("end", times::LATEST)?,
            any_of: form.selectors().map_err(wrong)?,
        })
    }

    fn lookup(&self) -> Lookup<'_> {
        Lookup { any_of: &self.any_of, from: self.from, to: self.to }
    }
}

pub async fn names(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        return passed::on(&site, &*store, &["labels"], &form, DEADLINE).await;
    }
    let asked = Asked::of(&form, Failure::bad_data)?;
    let limit = asked.limit;
    let port = site.port.clone();
    let names = site.gate.pass(DEADLINE, move |_| Ok(port.metrics().label_names(&asked.lookup())?)).await?;
    Ok(texts(names, limit))
}

pub async fn values(
    State(site): State<Site>,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        // An address takes a part of dots for another place.
        if name.chars().all(|c| c == '.') {
            return Err(Failure::bad_data(format!("invalid label name: {}", go::quote(&name))));
        }
        return passed::on(&site, &*store, &["label", &name, "values"], &form, DEADLINE).await;
    }
    let name = unescaped(&name);
    if name.is_empty() {
        return Err(Failure::bad_data("invalid label name: \"\""));
    }
    let asked = Asked::of(&form, Failure::bad_data)?;
    let limit = asked.limit;
    let port = site.port.clone();
    let look = move || Ok(port.metrics().label_values(&name, &asked.lookup())?);
    let values = site.gate.pass(DEADLINE, move |_| look()).await?;
    Ok(texts(values, limit))
}

pub async fn series(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        return passed::on(&site, &*store, &["series"], &form, DEADLINE).await;
    }
    if form.all("match[]").next().is_none() {
        return Err(Failure::bad_data("no match[] parameter provided"));
    }
    let asked = Asked::of(&form, |why| Failure::parameter("match[]", why))?;
    let limit = asked.limit;
    let port = site.port.clone();
    let series = site.gate.pass(DEADLINE, move |_| Ok(port.metrics().series(&asked.lookup())?)).await?;
    let (series, remarks) = cut(series, limit);
    Ok(body::list(b"", series, |labels: &Labels, out| go::labels(labels, out), b"", &remarks))
}

fn texts(texts: Vec<String>, limit: Option<usize>) -> Response {
    let (texts, remarks) = cut(texts, limit);
    body::list(b"", texts, |text: &String, out| go::escaped(text, out), b"", &remarks)
}

fn cut<T>(mut items: Vec<T>, limit: Option<usize>) -> (Vec<T>, Remarks) {
    let mut remarks = Remarks::default();
    if let Some(limit) = limit.filter(|limit| items.len() > *limit) {
        items.truncate(limit);
        remarks.truncated();
    }
    (items, remarks)
}

/// A name that an address cannot hold is written with `U__` before it, `_2e_` for each odd character and `__` for an
/// underscore (Prometheus's escaping of UTF-8 names). What does not follow that is taken as it stands.
fn unescaped(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("U__") else { return name.to_owned() };
    let mut plain = String::new();
    while let Some(at) = rest.find('_') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('_') {
            plain.push('_');
            rest = after;
            continue;
        }
        let coded = rest.split_once('_').filter(|(code, _)| code.len() <= 6);
        let decoded = coded.and_then(|(code, after)| {
            let c = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
            Some((c, after))
        });
        let Some((c, after)) = decoded else { return name.to_owned() };
        plain.push(c);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_names_are_read() {
        assert_eq!(unescaped("job"), "job");
        assert_eq!(unescaped("U__http_2e_status:sum__x"), "http.status:sum_x");
        assert_eq!(unescaped("U__bad_zz_"), "U__bad_zz_");
    }
}
