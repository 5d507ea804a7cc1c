//! Mail addresses as people write them: `ops@example.org, "Ada, on call" <ada@example.org>` (RFC 5322).

use std::fmt;

/// Nobody writes to more at once.
const ADDRESSES_MAX: usize = 1000;

/// One address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// What the person is called; may be empty.
    pub name: String,
    /// `ada@example.org`.
    pub mailbox: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.mailbox),
            name => write!(f, "{name:?} <{}>", self.mailbox),
        }
    }
}

/// At least one.
pub(crate) fn addresses(list: &str) -> Result<Vec<Address>, String> {
    if list.contains(char::is_control) {
        return Err("it has a line break in it".to_owned());
    }
    let found: Vec<Address> = parts(list)?.iter().map(|part| address(part)).collect::<Result<_, _>>()?;
    match found.len() {
        0 => Err("it is empty".to_owned()),
        many if many > ADDRESSES_MAX => Err(format!("more than {ADDRESSES_MAX} addresses")),
        _ => Ok(found),
    }
}

/// Between the commas that stand outside of quotes; what is empty is left out.
fn parts(list: &str) -> Result<Vec<String>, String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in list.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    if quoted {
        return Err("a quote is never closed".to_owned());
    }
    parts.push(part);
    Ok(parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
}

fn address(part: &str) -> Result<Address, String> {
    let (name, mailbox) = match part.strip_suffix('>').and_then(|part| part.rsplit_once('<')) {
        Some((name, mailbox)) => (unquoted(name.trim()), mailbox.trim()),
        None => (String::new(), part),
    };
    let wrong = || format!("`{}` is no address", super::shortened(part, 100));
    let (local, host) = mailbox.rsplit_once('@').ok_or_else(wrong)?;
    let is_atom = |c: char| !c.is_whitespace() && !c.is_control() && !r#"()<>[]:;@\,""#.contains(c);
    let local_well = !local.is_empty() && local.chars().all(is_atom);
    let host_well = !host.is_empty() && host.chars().all(|c| is_atom(c) || "[]:".contains(c));
    if !local_well || !host_well || mailbox.len() > 320 {
        return Err(wrong());
    }
    Ok(Address { name, mailbox: mailbox.to_owned() })
}

fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        let read = |list: &str| {
            addresses(list).map(|found| found.iter().map(Address::to_string).collect::<Vec<_>>().join(" | "))
        };
        assert_eq!(read("a@x"), Ok("a@x".to_owned()));
        assert_eq!(
            read(r#" a@x,"Ada, \"on call\"" <ada@x.org>, Ben <b+c@[::1]>, "#).unwrap(),
            r#"a@x | "Ada, \"on call\"" <ada@x.org> | "Ben" <b+c@[::1]>"#
        );
        for wrong in ["", "a", "a@", "@x", "a b@x", "a@x>", "\"a@x", "<a@x", "a@x\r\nRCPT TO:<b@x>"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
