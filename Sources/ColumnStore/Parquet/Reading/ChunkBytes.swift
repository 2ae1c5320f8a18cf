/// Byte ranges of several column chunks that lie close together, read as one.
///
/// One owner on one thread. Each merged range is read when it is first touched and kept until the owner goes.
///
/// Whoever knows what a row group's columns or indexes will be asked for makes one of these; `ChunkBytes` and `PageIndexReader` take their bytes from it
/// and read by themselves what it has not.
///
/// Invariants:
/// 1. `ranges` rise by both bounds, and `regions` has a place for each.
/// 2. The budget is charged for each region that is there.
final class CoalescedRanges {
    /// Reading through a gap of this size costs less than a request of its own, on a disk and far more so on a network.
    static let gapByteCountMax: Int64 = 64 << 10

    private let file: any RandomAccessBytes
    private let budget: DecodeBudget
    private var ranges: [Range<Int64>] = []
    private var regions: [ByteRegion?] = []
    /// How many reads and bytes it took so far.
    private(set) var readCount = 0
    private(set) var readByteCount = 0

    /// - Parameter wanted: in any order; each within the file.
    /// - Parameter mergedByteCountMax: of a range that is made of several; one that is wanted by itself may be longer.
    init(file: any RandomAccessBytes, wanted: [Range<Int64>], mergedByteCountMax: Int64, budget: DecodeBudget) {
        self.file = file
        self.budget = budget
        // In the order of the file: each range goes on with the last merged one, lies within it, or begins another.
        for range in wanted.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = ranges.last, range.upperBound <= last.upperBound { continue }
            if let last = ranges.last, range.lowerBound <= last.upperBound + Self.gapByteCountMax,
                range.upperBound - last.lowerBound <= mergedByteCountMax
            {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        regions = Array(repeating: nil, count: ranges.count)
    }

    /// Has all of them fetched, while the first is decoded.
    func expectAll() {
        for range in ranges { file.expect(range) }
        file.begin()
    }

    deinit { for region in regions { if let region { budget.release(region.bytes.count) } } }

    /// The merged range around `wanted`, or nil when there is none.
    ///
    /// - Returns: the region and where it begins in the file.
    /// - Throws: `.overBudget`, `.io`, `.corruptFile`.
    /// - Complexity: O(log ranges), and a read the first time.
    func region(around wanted: Range<Int64>) throws -> (start: Int64, region: ByteRegion)? {
        // Both bounds rise from one merged range to the next, even where a damaged file's overlap.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < wanted.upperBound { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count, ranges[low].lowerBound <= wanted.lowerBound, ranges[low].upperBound >= wanted.upperBound
        else { return nil }
        if let region = regions[low] { return (ranges[low].lowerBound, region) }
        do {
            try budget.hold(ranges[low].count)
        } catch {
            throw ColumnStoreError(error, path: file.name, offset: ranges[low].lowerBound)
        }
        let region: ByteRegion
        do {
            region = try file.region(at: ranges[low].lowerBound, count: ranges[low].count)
        } catch {
            budget.release(ranges[low].count)
            throw error
        }
        readCount += 1
        readByteCount += ranges[low].count
        regions[low] = region
        return (ranges[low].lowerBound, region)
    }
}

/// The bytes of one column chunk, through a window that moves forward.
///
/// One owner on one thread.
///
/// The window is a merged range of `CoalescedRanges` where there is one around what is wanted, else a read of its own, for which the budget is charged
/// as long as it is the window. Bytes that were handed out stay as long as somebody has their region.
final class ChunkBytes {
    private let file: any RandomAccessBytes
    let range: Range<Int64>
    private let shared: CoalescedRanges
    private let budget: DecodeBudget
    private let readAheadByteCountMax: Int
    /// Doubled by each window that follows on the one before: a lone page is read alone, a run of pages in large reads.
    private var readAheadByteCount: Int
    private var window: ByteRegion?
    private var windowStart: Int64 = 0
    /// Of the budget, for a window of its own; 0 where the window is a shared one.
    private var heldByteCount = 0

    /// - Parameter isSequential: whether the first read is as large as any may be, since all of the chunk is wanted.
    init(_ range: Range<Int64>, context: ChunkContext, isSequential: Bool) {
        file = context.bytes
        self.range = range
        shared = context.shared
        budget = context.budget
        readAheadByteCountMax = context.readAheadByteCountMax
        readAheadByteCount = isSequential ? context.readAheadByteCountMax : 0
    }

    deinit { budget.release(heldByteCount) }

    /// Bytes from `offset` on, at least `count`, with the region that keeps them alive.
    ///
    /// - Throws: `.corruptFile` when they reach past the chunk's end, `.overBudget`, `.io`.
    /// - Returns: maybe more than `count` of them, also some past the chunk's end.
    func bytes(at offset: Int64, atLeast count: Int) throws -> (bytes: UnsafeRawBufferPointer, region: ByteRegion) {
        guard offset >= range.lowerBound, offset <= range.upperBound, Int64(count) <= range.upperBound - offset else {
            throw ColumnStoreError(
                .corruptFile, path: file.name, offset: offset, "\(count) bytes reach past the end of the column chunk")
        }
        // Most often the window has them: a page's header, its body, and the pages after it came with one read.
        if let window, offset >= windowStart, offset + Int64(count) <= windowStart + Int64(window.bytes.count) {
            return (UnsafeRawBufferPointer(rebasing: window.bytes[Int(offset - windowStart)...]), window)
        }
        if let (start, region) = try shared.region(around: offset..<(offset + Int64(count))) {
            dropWindow()
            (window, windowStart) = (region, start)
            let end = Int(min(Int64(region.bytes.count), range.upperBound - start))
            return (UnsafeRawBufferPointer(rebasing: region.bytes[Int(offset - start)..<end]), region)
        }
        // Only a window that goes on where the last one ended, or within it, says that more is coming.
        let follows = window.map { offset >= windowStart && offset <= windowStart + Int64($0.bytes.count) } ?? false
        dropWindow()
        if follows { readAheadByteCount = min(max(readAheadByteCount * 2, 128 << 10), readAheadByteCountMax) }
        let size = Int(min(Int64(max(count, readAheadByteCount)), range.upperBound - offset))
        do {
            try budget.hold(size)
        } catch {
            throw ColumnStoreError(error, path: file.name, offset: offset)
        }
        heldByteCount = size
        let region = try file.region(at: offset, count: size)
        expect(after: offset + Int64(size))
        (window, windowStart) = (region, offset)
        return (region.bytes, region)
    }

    /// Has the next window fetched while this one is decoded.
    private func expect(after end: Int64) {
        guard readAheadByteCount > 0, end < range.upperBound else { return }
        file.expect(end..<min(range.upperBound, end + Int64(readAheadByteCount)))
        file.begin()
    }

    private func dropWindow() {
        budget.release(heldByteCount)
        heldByteCount = 0
        window = nil
    }
}
