//! Addresses of people: what can never be one. Nothing is refused here that the channel could send to.

use super::ChannelKind;
use crate::format::is_http_url;

impl ChannelKind {
    /// What a contact's `to` is, where this can be none; for what is written out, not for what a secret holds.
    pub fn refuses(&self, to: &str) -> Option<&'static str> {
        // Sent without what stands around it.
        let to = to.trim();
        let (well, what) = match self {
            ChannelKind::Webhook(_) => {
                (is_plain_url(to), "the `to` of a webhook is its address: http:// or https://, and a host")
            }
            ChannelKind::Smtp(_) => (is_mail(to), "mail goes to one address such as ana@example.org"),
            ChannelKind::Slack(_) => (is_word(to), "Slack knows a member by an id such as U012AB3CD"),
            ChannelKind::Pagerduty(_) => (is_word(to), "the `to` of PagerDuty is a routing key"),
            ChannelKind::Ntfy(_) => {
                (is_topic(to), "a topic of ntfy is at most 64 letters, digits, `-` and `_`")
            }
            ChannelKind::Telegram(_) => {
                (is_chat(to), "Telegram knows a chat by its number, a public one by @NAME")
            }
            ChannelKind::Sms(_) => {
                let well = is_number(to) || is_below(to, &["whatsapp:", "messenger:", "rcs:"]);
                (well, "a telephone's number begins with + and the country's, such as +34600123456")
            }
            ChannelKind::Voice(_) => {
                let well = is_number(to) || is_below(to, &["sip:", "sips:", "client:"]);
                (well, "a telephone's number begins with + and the country's, such as +34600123456")
            }
            ChannelKind::Web {} | ChannelKind::Teams(_) | ChannelKind::Opsgenie(_) => return None,
        };
        (!well).then_some(what)
    }
}

fn is_plain_url(to: &str) -> bool {
    (to.starts_with("http://") || to.starts_with("https://")) && is_http_url(to)
}

/// Also with a name before it: `"Ada, on call" <ada@example.org>`.
fn is_mail(to: &str) -> bool {
    let one = to.trim_matches(|c: char| c == ',' || c.is_whitespace());
    let named = one.strip_suffix('>').and_then(|one| one.rsplit_once('<'));
    let mailbox = named.map_or(one, |(_, mailbox)| mailbox.trim());
    let is_well = |part: &str| !part.is_empty() && !part.contains([' ', ',', ';', '<', '>', '"', '@']);
    let parts = mailbox.rsplit_once('@');
    !to.contains(char::is_control) && parts.is_some_and(|(name, host)| is_well(name) && is_well(host))
}

fn is_word(to: &str) -> bool {
    !to.is_empty() && !to.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_topic(to: &str) -> bool {
    let is_well = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&to.len()) && to.chars().all(is_well)
}

/// Groups have negative numbers.
fn is_chat(to: &str) -> bool {
    match to.strip_prefix('@') {
        Some(name) => !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        None => {
            let digits = to.strip_prefix('-').unwrap_or(to);
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        }
    }
}

/// E.164, be it grouped as people write it.
fn is_number(to: &str) -> bool {
    let Some(rest) = to.strip_prefix('+') else { return false };
    let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// What Twilio reaches that is no telephone.
fn is_below(to: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| to.strip_prefix(scheme).is_some_and(is_word))
}
