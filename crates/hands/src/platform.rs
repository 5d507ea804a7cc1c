//! Places where services run, each behind the same few operations: restart, scale, run a version, switch a fault.

pub mod local;
