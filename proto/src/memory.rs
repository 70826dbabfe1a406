//! What a process does with memory that is free.

/// Keeps some free memory instead of giving it back at once, for buffers of a frame's size; the first call of `main`.
///
/// By default glibc maps pieces above 128 KiB anew each time, and gives back what is free at the end of a heap beyond a
/// few of them (mallopt(3)). A frame of records is larger: under load a seventh of all CPU were page faults, of memory that
/// had just been given back.
pub fn keep_for_frames() {
    #[cfg(target_env = "gnu")]
    glibc::keep();
}

#[cfg(target_env = "gnu")]
mod glibc {
    use libc::{M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, c_int, mallopt};

    /// Most that a heap keeps free at its end, in bytes: sixteen frames.
    const KEPT: c_int = 4 << 20;
    /// The largest piece that comes from a heap, in bytes: as much as glibc allows.
    const LARGEST: c_int = 32 << 20;

    #[allow(unsafe_code, reason = "no crate that is kept wraps mallopt")]
    pub(super) fn keep() {
        for (parameter, value) in [(M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, LARGEST)] {
            // SAFETY: it takes two numbers, and may be called at any time.
            let is_taken = unsafe { mallopt(parameter, value) } == 1;
            debug_assert!(is_taken, "mallopt({parameter}, {value}) was refused");
        }
    }
}

#[cfg(test)]
#[cfg(target_env = "gnu")]
mod tests {
    use super::*;

    /// A frame with its head.
    const PIECE: usize = 260 << 10;

    /// Pages that this thread had to be given.
    fn faults() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // Behind the name, which may hold anything: state is the 3rd field, minflt the 10th (proc(5)).
        let fields = stat.rsplit(')').next().unwrap();
        fields.split_whitespace().nth(7).unwrap().parse().unwrap()
    }

    fn use_some() {
        let pieces: Vec<_> = (0..8_u8).map(|fill| vec![fill; PIECE]).collect();
        assert!(
            std::hint::black_box(pieces)
                .iter()
                .all(|piece| piece.len() == PIECE)
        );
    }

    #[test]
    fn memory_for_frames_is_used_again() {
        keep_for_frames();
        use_some();
        let before = faults();
        (0..50).for_each(|_| use_some());
        let pages_of_one = (8 * PIECE / 4096) as u64;
        let given = faults() - before;
        assert!(given < 10 * pages_of_one, "{given} pages were given anew");
    }
}
