//! Which values of a series a chunk holds.

/// A block of full resolution has only samples; one that was thinned out has, for each span of time, the lowest and
/// highest sample, their sum and count, and what a counter must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// As they came: plain samples or histograms.
    Samples,
    Min,
    Max,
    Sum,
    Count,
    /// The last sample of each span, and both samples around every reset, at their own times: what a counter
    /// increased by over any number of whole spans is told exactly.
    Counter,
}

impl Column {
    const ALL: [Column; 6] =
        [Column::Samples, Column::Min, Column::Max, Column::Sum, Column::Count, Column::Counter];

    /// Those of a series that was thinned out.
    pub const THINNED: [Column; 5] = [Column::Min, Column::Max, Column::Sum, Column::Count, Column::Counter];

    /// Below 8.
    pub fn number(self) -> u8 {
        self as u8
    }

    pub fn from_number(number: u64) -> Option<Column> {
        Column::ALL.get(usize::try_from(number).ok()?).copied()
    }
}
