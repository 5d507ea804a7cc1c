//! What the address of Explore says: the queries, and the time that they are about.

use std::time::Duration;

use andon_definitions::Period;
use andon_vocabulary::Timestamp;
use form_urlencoded::{Serializer, parse};

/// More queries than this on one page are no longer read by anybody.
pub const QUERIES_MAX: usize = 12;

const DAYS_MAX: u64 = 3_660;

#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub queries: Vec<String>,
    pub range: Period,
    /// None is now, and moves on.
    pub end: Option<Timestamp>,
    /// None is as fine as a chart is wide.
    pub step: Option<Period>,
}

impl Asked {
    /// What cannot be read is left at its default and said.
    pub fn read(query: &str) -> (Asked, Vec<String>) {
        let mut asked = Asked { queries: Vec::new(), range: Period::minutes(60), end: None, step: None };
        let mut wrong = Vec::new();
        for (name, value) in parse(query.as_bytes()) {
            let value = value.trim();
            match &*name {
                "q" if !value.is_empty() && asked.queries.len() < QUERIES_MAX => {
                    asked.queries.push(value.to_owned());
                }
                "range" => match period(value) {
                    Ok(range) => asked.range = range,
                    Err(why) => wrong.push(format!("range: {why}")),
                },
                "step" if !value.is_empty() => match period(value) {
                    Ok(step) => asked.step = Some(step),
                    Err(why) => wrong.push(format!("step: {why}")),
                },
                "end" if !value.is_empty() && value != "now" => match value.parse() {
                    Ok(end) => asked.end = Some(end),
                    Err(_) => {
                        wrong.push(format!(
                            "end: `{value}` is neither now nor a time such as 2026-11-20T14:02:00Z"
                        ));
                    }
                },
                _ => {}
            }
        }
        (asked, wrong)
    }

    /// The address that asks the same, up to now.
    pub fn until_now(&self) -> String {
        let queries: Vec<&str> = self.queries.iter().map(String::as_str).collect();
        Asked { end: None, ..self.clone() }.address(&queries)
    }

    /// The address that asks the same of these queries.
    pub fn address(&self, queries: &[&str]) -> String {
        let mut pairs = Serializer::new(String::from("/explore?"));
        for query in queries {
            pairs.append_pair("q", query);
        }
        pairs.append_pair("range", &self.range.to_string());
        if let Some(end) = self.end {
            pairs.append_pair("end", &second(end));
        }
        if let Some(step) = self.step {
            pairs.append_pair("step", &step.to_string());
        }
        pairs.finish()
    }
}

/// Thousandths are left out where there are none.
pub fn second(at: Timestamp) -> String {
    at.to_string().replace(".000Z", "Z")
}

fn period(text: &str) -> Result<Period, String> {
    let period = Period::parse(text)?;
    if period == Period::ZERO || *period > Duration::from_secs(DAYS_MAX * 86_400) {
        return Err(format!("`{text}` is not between 1ms and {DAYS_MAX}d"));
    }
    Ok(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back() {
        let address = "q=sum%28rate%28x%7Ba%3D%22b%26c%22%7D%5B5m%5D%29%29&q=up&range=6h&end=2026-11-20T14%3A02%3A00Z&step=30s";
        let (asked, wrong) = Asked::read(address);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(asked.queries, [r#"sum(rate(x{a="b&c"}[5m]))"#, "up"]);
        let queries: Vec<&str> = asked.queries.iter().map(String::as_str).collect();
        let again = asked.address(&queries);
        assert_eq!(Asked::read(again.strip_prefix("/explore?").unwrap()).0, asked);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let (asked, wrong) = Asked::read("q=+&range=yesterday&end=noon&step=0");
        assert_eq!(
            (asked.queries.len(), asked.range, asked.end, asked.step),
            (0, Period::minutes(60), None, None)
        );
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
