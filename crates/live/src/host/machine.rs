//! CPU, memory, file systems, disks, network and load of this machine, named as node_exporter names them.

use andon_vocabulary::Labels;
use procfs::net::DeviceStatus;
use procfs::{CpuTime, Current, CurrentSI, DiskStat, KernelStats, LoadAverage, Meminfo, MountEntry};

use crate::store::series;

/// The unit of `/proc/diskstats`, whatever the disk's own sectors are.
const SECTOR: u64 = 512;

pub struct Machine {
    name: String,
}

impl Machine {
    pub fn this() -> Machine {
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Machine { name }
    }

    /// What cannot be read is left out: a container may hide any of it.
    pub fn read(&self) -> Vec<(Labels, f64)> {
        let mut out = Samples { instance: &self.name, found: Vec::new() };
        if let Ok(stat) = KernelStats::current() {
            for (number, cpu) in stat.cpu_time.iter().enumerate() {
                out.cpu(number, cpu);
            }
        }
        if let Ok(memory) = Meminfo::current() {
            out.memory(&memory);
        }
        if let Ok(load) = LoadAverage::current() {
            for (name, value) in
                [("node_load1", load.one), ("node_load5", load.five), ("node_load15", load.fifteen)]
            {
                // The kernel gives two decimals, which an f32 would show as 0.5299999713897705.
                out.add(name, &[], (f64::from(value) * 100.0).round() / 100.0);
            }
        }
        for disk in procfs::diskstats().unwrap_or_default() {
            out.disk(&disk);
        }
        for device in procfs::net::dev_status().unwrap_or_default().values() {
            out.network(device);
        }
        for mount in Vec::<MountEntry>::current().unwrap_or_default() {
            out.file_system(&mount);
        }
        out.found
    }
}

struct Samples<'a> {
    instance: &'a str,
    found: Vec<(Labels, f64)>,
}

impl Samples<'_> {
    fn add(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let mut pairs = vec![("instance", self.instance)];
        pairs.extend_from_slice(labels);
        self.found.push((series(name, &pairs), value));
    }

    fn cpu(&mut self, number: usize, cpu: &CpuTime) {
        let number = number.to_string();
        let modes = [
            ("user", Some(cpu.user_duration())),
            ("nice", Some(cpu.nice_duration())),
            ("system", Some(cpu.system_duration())),
            ("idle", Some(cpu.idle_duration())),
            ("iowait", cpu.iowait_duration()),
            ("irq", cpu.irq_duration()),
            ("softirq", cpu.softirq_duration()),
            ("steal", cpu.steal_duration()),
        ];
        for (mode, spent) in modes {
            if let Some(spent) = spent {
                self.add("node_cpu_seconds_total", &[("cpu", &number), ("mode", mode)], spent.as_secs_f64());
            }
        }
    }

    fn memory(&mut self, memory: &Meminfo) {
        let fields = [
            ("node_memory_MemTotal_bytes", Some(memory.mem_total)),
            ("node_memory_MemFree_bytes", Some(memory.mem_free)),
            ("node_memory_MemAvailable_bytes", memory.mem_available),
            ("node_memory_Buffers_bytes", Some(memory.buffers)),
            ("node_memory_Cached_bytes", Some(memory.cached)),
            ("node_memory_SwapTotal_bytes", Some(memory.swap_total)),
            ("node_memory_SwapFree_bytes", Some(memory.swap_free)),
        ];
        for (name, bytes) in fields {
            if let Some(bytes) = bytes {
                self.add(name, &[], bytes as f64);
            }
        }
    }

    fn disk(&mut self, disk: &DiskStat) {
        // Partitions, loop and RAM devices would only repeat or add noise: node_exporter leaves them out too.
        let noise = ["loop", "ram", "zram", "fd"];
        if noise.iter().any(|prefix| disk.name.starts_with(prefix)) || disk.reads + disk.writes == 0 {
            return;
        }
        let device = [("device", disk.name.as_str())];
        self.add("node_disk_read_bytes_total", &device, (disk.sectors_read * SECTOR) as f64);
        self.add("node_disk_written_bytes_total", &device, (disk.sectors_written * SECTOR) as f64);
        self.add("node_disk_io_time_seconds_total", &device, disk.time_in_progress as f64 / 1000.0);
    }

    fn network(&mut self, device: &DeviceStatus) {
        let labels = [("device", device.name.as_str())];
        for (name, value) in [
            ("node_network_receive_bytes_total", device.recv_bytes),
            ("node_network_transmit_bytes_total", device.sent_bytes),
            ("node_network_receive_errs_total", device.recv_errs),
            ("node_network_transmit_errs_total", device.sent_errs),
            ("node_network_receive_drop_total", device.recv_drop),
            ("node_network_transmit_drop_total", device.sent_drop),
        ] {
            self.add(name, &labels, value as f64);
        }
    }

    fn file_system(&mut self, mount: &MountEntry) {
        if !KEPT_FILE_SYSTEMS.contains(&mount.fs_vfstype.as_str()) {
            return;
        }
        let Ok(stat) = rustix::fs::statvfs(mount.fs_file.as_str()) else {
            return;
        };
        let labels = [
            ("device", mount.fs_spec.as_str()),
            ("fstype", mount.fs_vfstype.as_str()),
            ("mountpoint", mount.fs_file.as_str()),
        ];
        for (name, value) in [
            ("node_filesystem_size_bytes", stat.f_blocks * stat.f_frsize),
            ("node_filesystem_free_bytes", stat.f_bfree * stat.f_frsize),
            ("node_filesystem_avail_bytes", stat.f_bavail * stat.f_frsize),
            ("node_filesystem_files", stat.f_files),
            ("node_filesystem_files_free", stat.f_ffree),
        ] {
            self.add(name, &labels, value as f64);
        }
    }
}

/// Those that lie on this machine's disks or memory. One on the network can hang whoever asks for its size.
const KEPT_FILE_SYSTEMS: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs", "vfat", "exfat",
    "ntfs3", "overlay", "tmpfs",
];
