//! Silences: nobody is told of the alerts that match one, for a time and for a reason.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AlertId, Name, Timestamp, Urgency, Weekly};

/// Written as a UUID. Whoever asks for a silence brings its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SilenceId(pub u128);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    pub id: SilenceId,
    /// All of them hold on what it silences. Empty only of a maintenance.
    pub matchers: Vec<LabelMatch>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub created_by: String,
    /// Whom the client calls its maker, where that is somebody else than who has signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_by: Option<String>,
    pub comment: String,
    /// Within its time it silences in these hours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly>,
    /// A person, or `team:NAME`: whoever is reminded before it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    /// Whether people are told of alerts that are more urgent than those that it silenced when it was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lift_on_severity: bool,
    /// How urgent these were; none: it silenced nothing then, or silences whatever comes. Said by the loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Urgency>,
    /// Said by the loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<Timestamp>,
    /// Where the files define it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintained>,
}

/// The maintenance that a silence stems from, and the services whose alerts it keeps quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintained {
    pub name: Name,
    pub services: Vec<Name>,
}

/// A condition on one label; a label that is not there has the empty value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LabelMatch {
    pub name: String,
    pub op: MatchOp,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MatchOp {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "=~")]
    Regex,
    #[serde(rename = "!~")]
    NotRegex,
}

/// Why nobody is told of an alert that fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedBy {
    Silence(SilenceId),
    /// An alert that inhibits it, as a rule of an `alertmanager.yml` says.
    Alert(AlertId),
    /// An alert of a service that its own depends on.
    Cause(AlertId),
}

impl SilenceId {
    /// A UUID of version 4 that consists of these bits but for the six that say so.
    pub fn from_bits(bits: u128) -> SilenceId {
        SilenceId(bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62)
    }
}

impl Silence {
    /// Without anything that only Andon's own silences have.
    pub fn new(
        id: SilenceId,
        matchers: Vec<LabelMatch>,
        starts_at: Timestamp,
        ends_at: Timestamp,
        created_by: String,
        comment: String,
    ) -> Silence {
        Silence {
            id,
            matchers,
            starts_at,
            ends_at,
            created_by,
            posted_by: None,
            comment,
            weekly: None,
            owner: None,
            lift_on_severity: false,
            up_to: None,
            remind_at: None,
            maintenance: None,
        }
    }

    /// What it matches, as matchers, where it is of services too.
    pub fn shown(&self) -> Vec<LabelMatch> {
        let services = self.maintenance.iter().map(|maintained| {
            let value = maintained.services.join("|");
            let op = if maintained.services.len() == 1 { MatchOp::Equal } else { MatchOp::Regex };
            LabelMatch { name: "service".to_owned(), op, value }
        });
        self.matchers.iter().cloned().chain(services).collect()
    }

    /// How long one that has ended can still be looked at.
    pub const KEPT: Duration = Duration::from_secs(120 * 3600);

    pub fn is_active(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at
    }
}

impl MatchOp {
    pub fn as_str(self) -> &'static str {
        match self {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        }
    }
}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for LabelMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:?}", self.name, self.op, self.value)
    }
}

impl fmt::Display for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            id >> 96,
            (id >> 80) & 0xffff,
            (id >> 64) & 0xffff,
            (id >> 48) & 0xffff,
            id & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SilenceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("expected the id of a silence, such as {}, got {text:?}", SilenceId(0));
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let digits: String = text.split('-').collect();
        if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refused());
        }
        u128::from_str_radix(&digits, 16).map(SilenceId).map_err(|_| refused())
    }
}

impl TryFrom<String> for SilenceId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SilenceId> for String {
    fn from(id: SilenceId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids() {
        let id = SilenceId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(id.to_string(), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(SilenceId::from_bits(u128::MAX).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        for bad in
            ["", "0123456789abcdef0123456789abcdef", "+1234567-89ab-cdef-0123-456789abcdef", "🦀-1-1-1-1"]
        {
            assert!(bad.parse::<SilenceId>().is_err(), "{bad}");
        }
    }
}
