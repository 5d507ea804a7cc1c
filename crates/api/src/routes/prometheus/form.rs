//! What a request asks for: the fields of its form, then those of its address, as Go's `Request.Form` holds them.

use andon_promql::Expr;
use andon_timeseries::Matchers;
use andon_vocabulary::Timestamp;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, header};

use super::failure::{Failure, parse_error};
use super::regexes::refuse_heavy;
use super::times;

/// As Prometheus's queries in all their length; what is larger was not written by a person or a dashboard.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Each selector is a search of its own.
const SELECTORS_MAX: usize = 1000;

const MATCHES_ALL: &str = "match[] must contain at least one non-empty matcher";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Form, Failure> {
        let (parts, body) = request.into_parts();
        let mut fields = Vec::new();
        let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        let has_form = matches!(parts.method, Method::POST | Method::PUT)
            && kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded");
        if has_form {
            let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
                Failure::too_large(format!(
                    "the form cannot be read, or has more than {BODY_BYTES_MAX} bytes: {error}"
                ))
            })?;
            fields.extend(form_urlencoded::parse(&body).into_owned());
        }
        let query = parts.uri.query().unwrap_or_default();
        fields.extend(form_urlencoded::parse(query.as_bytes()).into_owned());
        Ok(Form(fields))
    }
}

impl Form {
    /// As they were given.
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first of this name, or "".
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or("")
    }

    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `start`, `end` and their like where they may be left out.
    pub fn time(&self, name: &str, otherwise: Timestamp) -> Result<Timestamp, Failure> {
        match self.get(name) {
            "" => Ok(otherwise),
            text => times::time(text)
                .map_err(|why| Failure::parameter(name, format!("invalid time value for '{name}': {why}"))),
        }
    }

    /// How many results are wanted; `None`: all.
    pub fn limit(&self) -> Result<Option<usize>, Failure> {
        let wrong = |why: String| Failure::parameter("limit", why);
        match self.get("limit") {
            "" => Ok(None),
            text => match times::count(text).map_err(wrong)? {
                0 => Ok(None),
                limit => {
                    let limit = usize::try_from(limit);
                    limit.map(Some).map_err(|_| wrong("limit must be non-negative".to_owned()))
                }
            },
        }
    }

    /// The query as an expression.
    pub fn query(&self) -> Result<Expr, Failure> {
        let text = self.get("query");
        let wrong = |why: String| Failure::parameter("query", why);
        if text.trim().is_empty() {
            return Err(wrong("unknown position: parse error: no expression found in input".to_owned()));
        }
        refuse_heavy([text]).map_err(wrong)?;
        let expr = andon_promql::parse(text).map_err(|error| wrong(parse_error(text, &error)))?;
        match expr.unsupported().first() {
            None => Ok(expr),
            Some(finding) => {
                let error =
                    andon_promql::ParseError { message: finding.what.clone(), span: finding.span.clone() };
                Err(wrong(parse_error(text, &error)))
            }
        }
    }

    /// `match[]`: series that fit any of them are meant; none means all series.
    pub fn selectors(&self) -> Result<Vec<Matchers>, String> {
        let sets = self.selectors_as_given()?;
        if sets.iter().any(|set| set.iter().all(|matcher| matcher.matches_value(""))) {
            return Err(MATCHES_ALL.to_owned());
        }
        Ok(sets)
    }

    /// The same, where one may fit everything.
    pub fn selectors_as_given(&self) -> Result<Vec<Matchers>, String> {
        let texts: Vec<&str> = self.all("match[]").collect();
        if texts.len() > SELECTORS_MAX {
            return Err(format!("{} selectors are given, at most {SELECTORS_MAX} are taken", texts.len()));
        }
        refuse_heavy(texts.iter().copied())?;
        texts.into_iter().map(selector).collect()
    }
}

/// A selector alone: `up{job="x"}`.
pub fn selector(text: &str) -> Result<Matchers, String> {
    refuse_heavy([text])?;
    andon_promql::selector(text).map_err(|error| {
        // The grammar has the same rule for queries, in other words.
        match error.message.contains("non-empty matcher") {
            true => MATCHES_ALL.to_owned(),
            false => parse_error(text, &error),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> Form {
        Form(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    #[test]
    fn a_limit_of_nothing_is_none() {
        assert_eq!(form("").limit(), Ok(None));
        assert_eq!(form("limit=0").limit(), Ok(None));
        assert_eq!(form("limit=7").limit(), Ok(Some(7)));
        assert_eq!(form("limit=-1").limit(), Err(Failure::parameter("limit", "limit must be non-negative")));
    }

    #[test]
    fn everything_is_no_answer_to_which() {
        let why = Err(MATCHES_ALL.to_owned());
        for wrong in
            ["match[]=up&match[]={a=~\".*\"}", "match[]={}", "match[]={a=\"\"}", "match[]={a!=\"b\"}"]
        {
            assert_eq!(form(wrong).selectors(), why, "{wrong}");
        }
        assert_eq!(form("match[]=up&match[]=down").selectors().unwrap().len(), 2);
        assert!(form(&"match[]=up&".repeat(1001)).selectors().unwrap_err().starts_with("1001 selectors"));
    }
}
