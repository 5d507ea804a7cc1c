//! What the headers of a request and of its answer say.

use std::fmt;

/// The message that a body holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// `prometheus.WriteRequest`.
    #[default]
    V1,
    /// `io.prometheus.write.v2.Request`.
    V2,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Snappy's block format, the only one that the specification knows.
    Snappy,
    /// As vmagent prefers it.
    Zstd,
}

/// What the headers of a request say about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub version: Version,
    pub packing: Packing,
}

/// The request speaks of something that is not spoken here: 415.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub String);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}

impl Version {
    /// The name of the protobuf message, as `remote_write` in prometheus.yml names it too.
    pub fn message(self) -> &'static str {
        match self {
            Version::V1 => "prometheus.WriteRequest",
            Version::V2 => "io.prometheus.write.v2.Request",
        }
    }

    pub fn named(message: &str) -> Option<Version> {
        [Version::V1, Version::V2].into_iter().find(|version| version.message() == message)
    }

    /// The header `X-Prometheus-Remote-Write-Version`.
    pub fn number(self) -> &'static str {
        match self {
            Version::V1 => "0.1.0",
            Version::V2 => "2.0.0",
        }
    }

    /// The header `Content-Type`. A receiver of 1.0 may know no parameter.
    pub fn content_type(self) -> &'static str {
        match self {
            Version::V1 => "application/x-protobuf",
            Version::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        }
    }
}

impl Head {
    /// By `Content-Type` and `Content-Encoding`. Old senders leave one or both out: they mean version 1.0 and snappy.
    pub fn by(content_type: Option<&str>, content_encoding: Option<&str>) -> Result<Head, Unsupported> {
        Ok(Head { version: version(content_type)?, packing: packing(content_encoding)? })
    }
}

fn version(content_type: Option<&str>) -> Result<Version, Unsupported> {
    let Some(content_type) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Version::V1);
    };
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !media.eq_ignore_ascii_case("application/x-protobuf") {
        return Err(Unsupported(format!("remote write is application/x-protobuf, not {media:?}")));
    }
    for part in parts {
        if let Some((name, message)) = part.split_once('=')
            && name.trim().eq_ignore_ascii_case("proto")
        {
            let message = message.trim().trim_matches('"');
            return Version::named(message).ok_or_else(|| {
                let (v1, v2) = (Version::V1.message(), Version::V2.message());
                Unsupported(format!("the message {message:?} is not known here; {v1} and {v2} are"))
            });
        }
    }
    Ok(Version::V1)
}

fn packing(content_encoding: Option<&str>) -> Result<Packing, Unsupported> {
    match content_encoding.map(str::trim).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "snappy" => Ok(Packing::Snappy),
        "zstd" => Ok(Packing::Zstd),
        other => Err(Unsupported(format!("a body packed as {other:?} is not taken; snappy and zstd are"))),
    }
}

/// How much of a request was written. An answer of version 2.0 says it, whether all was well or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub samples: u64,
    pub histograms: u64,
    pub exemplars: u64,
}

impl Written {
    pub const SAMPLES: &str = "x-prometheus-remote-write-samples-written";
    pub const HISTOGRAMS: &str = "x-prometheus-remote-write-histograms-written";
    pub const EXEMPLARS: &str = "x-prometheus-remote-write-exemplars-written";

    /// The headers of an answer.
    pub fn headers(self) -> [(&'static str, u64); 3] {
        [
            (Written::SAMPLES, self.samples),
            (Written::HISTOGRAMS, self.histograms),
            (Written::EXEMPLARS, self.exemplars),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: Option<&str>, encoding: Option<&str>, expected: Result<(Version, Packing), &str>) {
        match (Head::by(content_type, encoding), expected) {
            (Ok(head), Ok(expected)) => assert_eq!((head.version, head.packing), expected),
            (Err(error), Err(part)) => assert!(error.0.contains(part), "{error}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn headers_choose_the_message() {
        let one = Ok((Version::V1, Packing::Snappy));
        check(None, None, one);
        check(Some("application/x-protobuf"), Some("snappy"), one);
        check(Some("application/x-protobuf;proto=prometheus.WriteRequest"), Some("Snappy"), one);
        let two = "application/x-protobuf; proto=io.prometheus.write.v2.Request";
        check(Some(two), Some("snappy"), Ok((Version::V2, Packing::Snappy)));
        check(Some(two), Some("zstd"), Ok((Version::V2, Packing::Zstd)));
        check(Some("application/json"), None, Err("not \"application/json\""));
        check(Some("application/x-protobuf;proto=my.Own"), None, Err("my.Own"));
        check(None, Some("gzip"), Err("gzip"));
    }
}
