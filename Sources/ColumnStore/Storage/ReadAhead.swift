internal import CLinux
internal import Glibc
internal import Synchronization

/// Fetches into the system's page cache what files of this machine's disk will soon be asked for, a little at a time.
///
/// A hint for a whole row group (`POSIX_FADV_WILLNEED`) puts all of it into the disk's queue at once, and a commit that is synced then waits until the disk has been
/// through it. Here no more than two batches are under way, whoever asked, so that a sync never waits for more than those (`docs/decisions/0017-latency.md`).
/// Nothing depends on it: a reader that comes before it reads by itself.
final class ReadAhead: Sendable {
    static let shared = ReadAhead()

    private let line = Monitor(ReadAheadLine())

    /// Enough for the disk to have the next batch while the last one is looked at.
    private static let threadCount = 2

    /// Threads there are. They are begun as ranges come, so that a system that gives none for a while is asked again.
    private let begunCount = Mutex(0)

    init() {}

    /// Has a range fetched that is not in the cache, behind those that were asked for before; not at all while the system gives no thread.
    func expect(_ range: Range<Int64>, of file: LocalFileBytes) {
        guard !file.isCached(range), begin() else { return }
        line.signal { $0.append(range, of: file) }
    }

    /// Whether anybody fetches.
    func begin() -> Bool {
        begunCount.withLock { count in
            while count < Self.threadCount {
                let isBegun = WorkerThread.start(name: "read-ahead") { [line] in
                    WorkerThread.lowerDiskPriority()
                    while true { Self.fetch(line.wait { $0.take(Int64(ReadPace.shared.byteCount)) }) }
                }
                guard isBegun else { break }
                count += 1
            }
            return count > 0
        }
    }

    /// Returns when the batch is there.
    private static func fetch(_ batch: [ReadAheadLine.Item]) {
        // What its reader was quicker to read says nothing of the disk.
        let missing = batch.filter { !$0.file.isCached($0.range) }
        let begun = SteadyClock.nanoseconds()
        // First all are sent for, so that the disk may order them; then each range's last page is waited for.
        for item in missing { item.file.advise(item.range) }
        for item in missing { item.file.await(item.range.upperBound - 1) }
        ReadPace.shared.note(byteCount: missing.reduce(0) { $0 + $1.range.count }, nanoseconds: SteadyClock.nanoseconds() &- begun)
    }
}

/// What is to be fetched, in the order in which it was asked for.
struct ReadAheadLine {
    struct Item {
        let file: LocalFileBytes
        /// Not empty.
        var range: Range<Int64>
    }

    private var items: [Item] = []
    /// Of `items`, those before it were taken.
    private var head = 0
    private var byteCount: Int64 = 0

    /// That wait together, about. What comes beyond is not fetched ahead.
    static let waitingByteCountMax: Int64 = 64 << 20
    private static let waitingCountMax = 4_096

    mutating func append(_ range: Range<Int64>, of file: LocalFileBytes) {
        guard byteCount < Self.waitingByteCountMax, items.count - head < Self.waitingCountMax else { return }
        items.append(Item(file: file, range: range))
        byteCount = byteCount.addingSaturating(Int64(range.count))
    }

    /// As many of those that wait longest as make a batch, the last one maybe cut; nil while none waits.
    ///
    /// - Parameter byteCountMax: of a batch: as much as the disk gives in a millisecond or two (`ReadPace`).
    mutating func take(_ byteCountMax: Int64) -> [Item]? {
        var batch: [Item] = []
        var room = byteCountMax
        while room > 0, head < items.count {
            let range = items[head].range
            let end = min(range.upperBound, range.lowerBound.addingSaturating(room))
            batch.append(Item(file: items[head].file, range: range.lowerBound..<end))
            room -= end - range.lowerBound
            byteCount -= end - range.lowerBound
            if end < range.upperBound { items[head].range = end..<range.upperBound } else { head += 1 }
        }
        // So that files are let go of.
        if head == items.count || head >= 64 {
            items.removeFirst(head)
            head = 0
        }
        return batch.isEmpty ? nil : batch
    }
}

/// What the system keeps of a file. Ranges lie within it, and are not empty.
extension LocalFileBytes {
    /// Whether all pages of a range are in the system's cache; false where the system does not say.
    func isCached(_ range: Range<Int64>) -> Bool {
        let pages = (range.upperBound - 1) / Self.pageByteCount - range.lowerBound / Self.pageByteCount + 1
        return till_cached_pages(descriptor, range.lowerBound, Int64(range.count)) >= pages
    }

    /// Sends for a range, without waiting for it: a length of 0 would mean the whole rest of the file.
    func advise(_ range: Range<Int64>) {
        posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
    }

    /// Returns when the page of a byte is in the system's cache, or cannot be read: that error is the reader's, who meets it when it reads.
    func await(_ offset: Int64) {
        var byte: UInt8 = 0
        _ = pread(descriptor, &byte, 1, off_t(offset))
    }

    fileprivate static let pageByteCount = Int64(sysconf(Int32(_SC_PAGESIZE)))
}
