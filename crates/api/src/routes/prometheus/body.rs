//! An answer that is written while it is sent: the JSON of a large result is never whole in memory.
//!
//! A piece is written when the connection has room for it, and what was written is dropped; a client that leaves ends
//! the writing.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;

use super::go;

/// What is written at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// What is to be said about an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    pub warnings: Vec<String>,
    pub infos: Vec<String>,
}

impl Remarks {
    /// More was found than was asked for.
    pub fn truncated(&mut self) {
        self.warnings.push("results truncated due to limit".to_owned());
    }

    /// The end of an answer: after its data.
    fn end(&self, out: &mut Vec<u8>) {
        for (name, lines) in [("warnings", &self.warnings), ("infos", &self.infos)] {
            if lines.is_empty() {
                continue;
            }
            go::push(out, format_args!(",\"{name}\":["));
            for (index, line) in lines.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                go::escaped(line, out);
            }
            out.push(b']');
        }
        out.push(b'}');
    }
}

/// `{"status":"success","data":…}`, where the data is a list, perhaps with something around it.
pub fn list<T: Send + 'static>(
    before: &[u8],
    items: Vec<T>,
    write: fn(&T, &mut Vec<u8>),
    after: &[u8],
    remarks: &Remarks,
) -> Response {
    let mut out = br#"{"status":"success","data":"#.to_vec();
    out.extend_from_slice(before);
    out.push(b'[');
    let mut end = b"]".to_vec();
    end.extend_from_slice(after);
    remarks.end(&mut end);
    let mut writing = Writing { out, items: items.into_iter(), is_first: true, write, end: Some(end) };
    let first = writing.next().unwrap_or_default();
    if writing.end.is_none() {
        return json(Body::from(first));
    }
    let pieces = std::iter::once(first).chain(writing).map(Ok::<_, Infallible>);
    json(Body::from_stream(stream::iter(pieces)))
}

/// `{"status":"success","data":…}` of something small.
pub fn whole(data: &[u8], remarks: &Remarks) -> Response {
    let mut out = br#"{"status":"success","data":"#.to_vec();
    out.extend_from_slice(data);
    remarks.end(&mut out);
    json(Body::from(out))
}

fn json(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

struct Writing<T> {
    out: Vec<u8>,
    items: std::vec::IntoIter<T>,
    is_first: bool,
    write: fn(&T, &mut Vec<u8>),
    /// Taken once it is written: then all is.
    end: Option<Vec<u8>>,
}

impl<T> Iterator for Writing<T> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.end.as_ref()?;
        while self.out.len() < PIECE_BYTES {
            let Some(item) = self.items.next() else {
                self.out.extend_from_slice(&self.end.take()?);
                return Some(Bytes::from(std::mem::take(&mut self.out)));
            };
            if !std::mem::take(&mut self.is_first) {
                self.out.push(b',');
            }
            (self.write)(&item, &mut self.out);
        }
        Some(Bytes::from(std::mem::replace(&mut self.out, Vec::with_capacity(PIECE_BYTES + 4096))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_list_reads_the_same_however_many_pieces_it_takes() {
        let none = Remarks::default();
        let word = |item: &String, out: &mut Vec<u8>| go::escaped(item, out);
        let answer = list(b"", Vec::new(), word, b"", &none);
        assert_eq!(text(answer).await, r#"{"status":"success","data":[]}"#);
        let answer = list(br#"{"x":"#, vec!["a".to_owned(), "b".to_owned()], word, b"}", &none);
        assert_eq!(text(answer).await, r#"{"status":"success","data":{"x":["a","b"]}}"#);
        let many: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
        let answer = list(b"", many.clone(), word, b"", &none);
        let expected = format!(r#"{{"status":"success","data":{}}}"#, serde_json::json!(many));
        assert_eq!(text(answer).await, expected);
    }

    #[tokio::test]
    async fn remarks_come_after_the_data() {
        let mut remarks = Remarks { warnings: Vec::new(), infos: vec!["a < b".to_owned()] };
        remarks.truncated();
        assert_eq!(
            text(whole(b"null", &remarks)).await,
            r#"{"status":"success","data":null,"warnings":["results truncated due to limit"],"infos":["a \u003c b"]}"#
        );
    }
}
