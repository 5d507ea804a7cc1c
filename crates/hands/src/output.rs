//! What a step said, bounded: the end of it is kept, all of it is read, so that gigabytes neither fill the memory
//! nor block whoever writes them.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The end is where a program says what went wrong.
pub const KEPT_BYTES_MAX: usize = 64 * 1024;

#[derive(Default)]
pub struct Output {
    kept: Vec<u8>,
    dropped: u64,
}

impl Output {
    pub fn add(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        // Cut only when it has doubled: moving the rest for every line would cost more than reading it.
        if self.kept.len() > 2 * KEPT_BYTES_MAX {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let excess = self.kept.len().saturating_sub(KEPT_BYTES_MAX);
        self.kept.drain(..excess);
        self.dropped += excess as u64;
    }

    /// Reads until the other side closes. Safe to cancel: what was read stays.
    pub async fn read_all(&mut self, mut from: impl AsyncRead + Unpin) -> std::io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            match from.read(&mut buffer).await? {
                0 => return Ok(()),
                read => self.add(&buffer[..read]),
            }
        }
    }

    pub fn into_text(mut self) -> String {
        self.cut();
        let text = String::from_utf8_lossy(&self.kept);
        match self.dropped {
            0 => text.trim_end().to_owned(),
            dropped => format!("[{dropped} bytes before this are left out]\n{}", text.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_the_rest_is_counted() {
        let mut output = Output::default();
        for _ in 0..1000 {
            output.add(&[b'x'; 1024]);
        }
        output.add(b"the end\n");
        assert!(output.kept.len() <= 2 * KEPT_BYTES_MAX);
        let text = output.into_text();
        assert!(text.ends_with("xthe end"));
        assert!(text.starts_with("[958472 bytes before this are left out]\n"), "{}", &text[..60]);
    }
}
