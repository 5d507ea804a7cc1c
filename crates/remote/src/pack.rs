//! Bodies unpacked within bounds, and packed.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;
use snap::raw;

use crate::{Head, Limits, Malformed, Packing};

impl Head {
    /// Unpacks a body. One that would become larger than the limit is refused before it is in memory.
    pub fn unpack(self, body: &[u8], limits: &Limits) -> Result<Vec<u8>, Malformed> {
        let mut room = Vec::new();
        let bytes = self.unpack_into(body, limits, &mut room)?.len();
        room.truncate(bytes);
        Ok(room)
    }

    /// As [`Head::unpack`], into memory that is used again: what stands in it before does not matter, and it only grows.
    /// Half a megabyte that comes fresh from the operating system with each request costs as much as unpacking it.
    pub fn unpack_into<'r>(
        self,
        body: &[u8],
        limits: &Limits,
        room: &'r mut Vec<u8>,
    ) -> Result<&'r [u8], Malformed> {
        let max = limits.bytes_max;
        let too_large = || {
            Malformed(format!(
                "the request is larger than {} MiB when unpacked; send fewer samples at once",
                max >> 20
            ))
        };
        match self.packing {
            Packing::Snappy => {
                let broken = |error| Malformed(format!("the body is no snappy block: {error}"));
                let bytes = raw::decompress_len(body).map_err(broken)?;
                if bytes > max {
                    return Err(too_large());
                }
                if room.len() < bytes {
                    room.resize(bytes, 0);
                }
                let bytes = raw::Decoder::new().decompress(body, &mut room[..bytes]).map_err(broken)?;
                Ok(&room[..bytes])
            }
            Packing::Zstd => {
                let broken = |error: String| Malformed(format!("the body is not packed with zstd: {error}"));
                let decoder = StreamingDecoder::new(body).map_err(|error| broken(error.to_string()))?;
                room.clear();
                let read = decoder.take(max as u64 + 1).read_to_end(room);
                read.map_err(|error| broken(error.to_string()))?;
                if room.len() > max { Err(too_large()) } else { Ok(room) }
            }
        }
    }
}

/// A body packed as every receiver takes it. None: it is beyond the 4 GiB of the format.
pub fn packed(body: &[u8]) -> Option<Vec<u8>> {
    raw::Encoder::new().compress_vec(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    const SMALL: Limits =
        Limits { bytes_max: 1 << 20, labels_max: 8, symbols_max: 8, samples_max: 8, buckets_max: 8 };

    #[test]
    fn what_is_packed_is_unpacked() {
        let head = Head { version: Version::V1, packing: Packing::Snappy };
        let body = b"abcabcabcabc".repeat(100);
        assert_eq!(head.unpack(&packed(&body).unwrap(), &SMALL).unwrap(), body);
        assert!(head.unpack(&[0xff], &SMALL).unwrap_err().0.contains("no snappy block"));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_in_memory() {
        let body = vec![0; (1 << 20) + 1];
        let head = Head { version: Version::V1, packing: Packing::Snappy };
        let error = head.unpack(&packed(&body).unwrap(), &SMALL).unwrap_err();
        assert!(error.0.contains("larger than 1 MiB"), "{error}");
        // A length that lies is found out too.
        assert!(head.unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0], &SMALL).is_err());

        let head = Head { version: Version::V1, packing: Packing::Zstd };
        let bomb = ruzstd::encoding::compress_to_vec(&body[..], ruzstd::encoding::CompressionLevel::Fastest);
        assert!(bomb.len() < 2000, "{}", bomb.len());
        assert!(head.unpack(&bomb, &SMALL).unwrap_err().0.contains("larger than 1 MiB"));
        let fits = ruzstd::encoding::compress_to_vec(&body[1..], ruzstd::encoding::CompressionLevel::Fastest);
        assert_eq!(head.unpack(&fits, &SMALL).unwrap().len(), 1 << 20);
        assert!(head.unpack(b"no zstd", &SMALL).is_err());
    }
}
