//! gzip or deflate for whoever takes it, piece by piece as the answer is written.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::{StreamExt, stream};

pub async fn compress(request: Request, next: Next) -> Response {
    let wanted = wanted(request.headers());
    let mut response = next.run(request).await;
    let Some(encoding) = wanted else { return response };
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|body| Body::from_stream(squeezed(body, Squeeze::new(encoding))))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Encoding::Gzip => "gzip",
            Encoding::Deflate => "deflate",
        }
    }
}

/// The first that is known, whatever its quality: as Prometheus chooses.
fn wanted(headers: &HeaderMap) -> Option<Encoding> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    accepted.split(',').find_map(|name| match name.trim() {
        "gzip" => Some(Encoding::Gzip),
        "deflate" => Some(Encoding::Deflate),
        _ => None,
    })
}

/// An answer is read once and soon: little effort, most of the gain.
const EFFORT: Compression = Compression::fast();

enum Squeeze {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Squeeze {
    fn new(encoding: Encoding) -> Squeeze {
        match encoding {
            Encoding::Gzip => Squeeze::Gzip(GzEncoder::new(Vec::new(), EFFORT)),
            Encoding::Deflate => Squeeze::Deflate(ZlibEncoder::new(Vec::new(), EFFORT)),
        }
    }

    /// What came out so far; perhaps nothing yet.
    fn piece(&mut self, data: &[u8]) -> io::Result<Bytes> {
        let out = match self {
            Squeeze::Gzip(encoder) => {
                encoder.write_all(data)?;
                encoder.get_mut()
            }
            Squeeze::Deflate(encoder) => {
                encoder.write_all(data)?;
                encoder.get_mut()
            }
        };
        Ok(Bytes::from(std::mem::take(out)))
    }

    fn end(self) -> io::Result<Bytes> {
        match self {
            Squeeze::Gzip(encoder) => encoder.finish().map(Bytes::from),
            Squeeze::Deflate(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}

fn squeezed(body: Body, squeeze: Squeeze) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    let state = Some((body.into_data_stream(), squeeze));
    stream::unfold(state, |state| async {
        let (mut body, mut squeeze) = state?;
        loop {
            match body.next().await {
                None => return Some((squeeze.end(), None)),
                Some(Err(error)) => return Some((Err(io::Error::other(error)), None)),
                Some(Ok(data)) => match squeeze.piece(&data) {
                    Err(error) => return Some((Err(error), None)),
                    Ok(piece) if piece.is_empty() => {}
                    Ok(piece) => return Some((Ok(piece), Some((body, squeeze)))),
                },
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_first_known_encoding_is_taken() {
        let accepted = |text: &'static str| {
            wanted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert_eq!(accepted("br, deflate, gzip"), Some(Encoding::Deflate));
        assert_eq!(accepted("gzip"), Some(Encoding::Gzip));
        assert_eq!(accepted("identity"), None);
    }

    #[tokio::test]
    async fn what_was_squeezed_comes_back() {
        let text = "a long answer, ".repeat(100_000);
        let pieces: Vec<io::Result<Bytes>> =
            text.as_bytes().chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        for encoding in [Encoding::Gzip, Encoding::Deflate] {
            let body = Body::from_stream(stream::iter(
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Ok(piece) => Ok(piece.clone()),
                        Err(_) => Err("no piece failed"),
                    })
                    .collect::<Vec<_>>(),
            ));
            let body = Body::from_stream(squeezed(body, Squeeze::new(encoding)));
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            assert!(bytes.len() * 10 < text.len());
            let mut back = String::new();
            match encoding {
                Encoding::Gzip => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut back),
                Encoding::Deflate => flate2::read::ZlibDecoder::new(&*bytes).read_to_string(&mut back),
            }
            .unwrap();
            assert_eq!(back, text);
        }
    }
}
