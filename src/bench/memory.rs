//! How much memory this process had at most, as Linux counts it.

/// The most that was resident since the last [`reset`], KiB; nothing where the system does not say.
#[must_use]
pub fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Begins to count anew from what is resident now.
pub fn reset() {
    // Where it is not allowed the peak is that of the whole run: too much, never too little.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_large_buffer_is_seen() {
        super::reset();
        let before = super::peak_kib().unwrap();
        let buffer = vec![1_u8; 64 << 20];
        assert!(buffer.iter().map(|b| u64::from(*b)).sum::<u64>() > 0);
        let after = super::peak_kib().unwrap();
        assert!(after >= before + 60_000, "{before} {after}");
    }
}
