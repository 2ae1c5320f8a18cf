internal import CMalloc

/// What the C library keeps of the memory that was given back to it.
///
/// glibc has heaps ("arenas") for threads, eight for each processor, and each keeps what its threads have freed: work that hops from thread to
/// thread leaves many times what it needs at any moment. Figures in `docs/decisions/0019-heaps.md`.
package enum ProcessHeap {
    /// Of the allocations of all threads: two for each of two processors.
    private static let arenaCountMax: Int32 = 4

    /// Called once, before there are threads.
    package static func limitArenas() { _ = mallopt(M_ARENA_MAX, arenaCountMax) }

    /// Gives free memory of all arenas back to the system: for the end of work that took much, since the pages must be had anew by who
    /// allocates next. Takes milliseconds.
    package static func giveBack() {
        // Each arena is locked meanwhile, and threads that serve clients allocate from them.
        WorkerThread.promptly {
            BlockPool.shared.removeAll()
            _ = malloc_trim(0)
        }
    }
}
