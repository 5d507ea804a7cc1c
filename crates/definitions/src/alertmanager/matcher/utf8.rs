//! The newer notation: any UTF-8 in names and values, in double quotes where it has a character that means something.

use andon_vocabulary::MatchOp;

use super::{Written, op_at_start};

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Open,
    Close,
    Comma,
    Op(MatchOp),
    Text(String),
}

/// What cannot stand in a name or a value without quotes.
pub(super) fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

pub(super) fn list(text: &str) -> Result<Vec<Written>, String> {
    let tokens = tokens(text)?;
    let mut rest = tokens.as_slice();
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let is_open = rest[0] == Token::Open;
    if is_open {
        rest = &rest[1..];
    }
    let mut all = Vec::new();
    let mut may_follow = true;
    loop {
        match rest {
            [] if is_open => return Err(format!("the brace of `{text}` is never closed")),
            [] => return Ok(all),
            [Token::Close] if is_open => return Ok(all),
            [Token::Close, ..] => return Err(format!("`{text}` has a closing brace too many")),
            [Token::Text(name), Token::Op(op), Token::Text(value), ..] if may_follow => {
                all.push(Written { name: name.clone(), op: *op, value: value.clone() });
                rest = &rest[3..];
            }
            _ => {
                return Err(format!(
                    "`{text}` is not a list of matchers such as severity=\"page\", team=web"
                ));
            }
        }
        may_follow = rest.first() == Some(&Token::Comma);
        if may_follow {
            rest = &rest[1..];
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, length) = match c {
            '{' => (Token::Open, 1),
            '}' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '=' | '!' => {
                let op = op_at_start(rest)
                    .ok_or_else(|| format!("`{rest}` begins with no operator: =, !=, =~ or !~"))?;
                (Token::Op(op), op.as_str().len())
            }
            '"' => {
                let (value, length) = quoted(rest)?;
                (Token::Text(value), length)
            }
            c if is_reserved(c) => {
                return Err(format!("`{c}` must stand in double quotes"));
            }
            _ => {
                let length = rest.find(is_reserved).unwrap_or(rest.len());
                (Token::Text(rest[..length].to_owned()), length)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A text in double quotes with the escapes of Go, and how many bytes it takes.
fn quoted(text: &str) -> Result<(String, usize), String> {
    let wrong = |why: &str| format!("`{text}`: {why}");
    let mut bytes = Vec::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let value = String::from_utf8(bytes).map_err(|_| wrong("the escapes make no UTF-8"))?;
                return Ok((value, at + 1));
            }
            '\n' => return Err(wrong("a line ends within the quotes; write \\n")),
            '\\' => {
                let (_, kind) = chars.next().ok_or_else(|| wrong("the quotes are never closed"))?;
                let simple = match kind {
                    'a' => Some(0x07),
                    'b' => Some(0x08),
                    'f' => Some(0x0c),
                    'n' => Some(b'\n'),
                    'r' => Some(b'\r'),
                    't' => Some(b'\t'),
                    'v' => Some(0x0b),
                    '\\' => Some(b'\\'),
                    '"' => Some(b'"'),
                    _ => None,
                };
                if let Some(byte) = simple {
                    bytes.push(byte);
                    continue;
                }
                let (digits, radix) = match kind {
                    'x' => (2, 16),
                    'u' => (4, 16),
                    'U' => (8, 16),
                    '0'..='7' => (2, 8),
                    _ => return Err(wrong("an escape that is not known")),
                };
                let mut code = kind.to_digit(8).filter(|_| radix == 8).unwrap_or(0);
                for _ in 0..digits {
                    let digit = chars.next().and_then(|(_, c)| c.to_digit(radix));
                    let digit = digit.ok_or_else(|| wrong("an escape with too few digits"))?;
                    code = code.wrapping_mul(radix).wrapping_add(digit);
                }
                match kind {
                    'u' | 'U' => {
                        let c = char::from_u32(code).ok_or_else(|| wrong("an escape of no character"))?;
                        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    _ => {
                        let byte = u8::try_from(code).map_err(|_| wrong("an escape beyond a byte"))?;
                        bytes.push(byte);
                    }
                }
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err(wrong("the quotes are never closed"))
}
