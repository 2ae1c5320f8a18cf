internal import Synchronization

/// Ranges of a bucket's objects on the disk of this machine: bounded, kept over restarts, checked at every read.
///
/// It is no place of record: whatever is wrong with it, an answer comes from the bucket instead. Only objects whose content never changes go in.
///
/// 1. `heldByteCount` and `fileCount` are of the entries in `entries`, heads of files included. After each `keep`, and at the start, at most `byteCountMax`
///    bytes are held.
/// 2. A file without an entry is never read; an entry without a file, or with another content, goes when it is read.
/// 3. No file is read or written under the lock.
package final class RangeCache: Sendable {
    /// A file, and what is known of it.
    private final class Entry: Sendable {
        let name: CacheName
        let fileByteCount: Int64
        private struct State {
            var usedAt: UInt64
            /// By the steady clock, as last written to the file's time: once an hour is enough to know the order after a restart.
            var touchedAt: UInt64
            /// The sums, nil until the file was read once.
            var range: CachedRange?
        }
        private let state: Mutex<State>

        init(_ name: CacheName, usedAt: UInt64) {
            self.name = name
            fileByteCount = CacheFolder.byteCount(of: name)
            state = Mutex(State(usedAt: usedAt, touchedAt: 0, range: nil))
        }

        /// A tick of the cache, not a time.
        var usedAt: UInt64 { state.withLock { $0.usedAt } }
        var range: CachedRange? { state.withLock { $0.range } }
        func know(_ range: CachedRange) { state.withLock { $0.range = range } }

        /// - Returns: whether that is to be remembered on the disk.
        func use(_ tick: UInt64, now: UInt64) -> Bool {
            state.withLock { state in
                state.usedAt = tick
                guard now &- state.touchedAt > RangeCache.touchNanoseconds else { return false }
                state.touchedAt = now
                return true
            }
        }
    }

    private struct State {
        /// By object, in the order in which they came; the ranges of one may overlap.
        var entries: [[UInt8]: [Entry]] = [:]
        var heldByteCount: Int64 = 0
        var fileCount = 0
        /// Counts uses: what is used later has a greater one.
        var tick: UInt64 = 0
        var figures = CacheFigures()
        /// After the disk has refused: until then nothing is written.
        var restsUntil: UInt64 = 0
    }

    private static let touchNanoseconds: UInt64 = 3_600_000_000_000
    private static let restNanoseconds: UInt64 = 60_000_000_000
    /// One range may have no more than this part of all room.
    private static let shareMax: Int64 = 4

    package let byteCountMax: Int64
    private let folder: CacheFolder
    private let state: Mutex<State>

    /// Takes up what is there.
    ///
    /// - Throws: `.io` when the directory cannot be used, or another process uses it.
    package init(path: String, byteCountMax: Int64) throws(ColumnStoreError) {
        self.byteCountMax = byteCountMax
        folder = try CacheFolder(path: path)
        var first = State()
        // Times of files order them, and ticks go on from there.
        for file in try folder.files().sorted(by: { $0.usedAt < $1.usedAt }) {
            first.tick += 1
            Self.add(Entry(file.name, usedAt: first.tick), to: &first)
        }
        state = Mutex(first)
        shrink()
    }

    package var figures: CacheFigures {
        state.withLock { state in
            var figures = state.figures
            (figures.heldByteCount, figures.fileCount) = (state.heldByteCount, state.fileCount)
            return figures
        }
    }

    /// How long an object is, if any of it is here.
    package func byteCount(of location: String) -> Int64? {
        let object = CacheName.object(location)
        return state.withLock { $0.entries[object]?.first?.name.byteCount }
    }

    /// A part of an object, if it lies here in one piece and is as it was.
    ///
    /// - Parameter byteCount: of the object; another length is another object.
    package func region(of location: String, byteCount: Int64, _ range: Range<Int64>) -> ByteRegion? {
        let object = CacheName.object(location)
        let found: (entry: Entry, tick: UInt64)? = state.withLock { state in
            state.tick += 1
            let entry = state.entries[object]?.first {
                $0.name.byteCount == byteCount && $0.name.range.lowerBound <= range.lowerBound && $0.name.range.upperBound >= range.upperBound
            }
            if entry == nil { state.figures.missCount += 1 }
            return entry.map { ($0, state.tick) }
        }
        guard let (entry, tick) = found, !range.isEmpty else { return nil }
        guard let region = read(entry, range) else {
            // Not there any more, or not what was written: as if it had never been.
            remove([entry]) { $0.damagedCount += 1 }
            return nil
        }
        if entry.use(tick, now: SteadyClock.nanoseconds()) { folder.touch(entry.name) }
        state.withLock { state in
            state.figures.hitCount += 1
            state.figures.readByteCount += range.count
        }
        WaitScope.current.tally?.note(cachedBytes: range.count)
        return region
    }

    /// - Returns: nil when the file is gone, cut short, or has pages with wrong sums.
    private func read(_ entry: Entry, _ range: Range<Int64>) -> ByteRegion? {
        let name = entry.name
        var known = entry.range
        if known == nil {
            var head = [UInt8](repeating: 0, count: CachedRange.headByteCount(of: name.range.count))
            guard head.withUnsafeMutableBytes({ folder.read(name, at: 0, into: $0) }) else { return nil }
            known = CachedRange(name, head: head)
            if let known { entry.know(known) }
        }
        guard let known else { return nil }
        let start = Int(clamping: range.lowerBound - name.range.lowerBound)
        let part = start..<(start + range.count)
        // Sums are of whole pages: those around the part are read, and the part shown.
        let pages = known.pages(around: part)
        var isRight = false
        let region = ByteRegion(count: pages.count) { target in
            isRight = folder.read(name, at: CachedRange.headByteCount(of: known.byteCount) + pages.lowerBound, into: target)
                && known.isRight(UnsafeRawBufferPointer(target), from: pages.lowerBound)
        }
        guard isRight else { return nil }
        return ByteRegion(part: (part.lowerBound - pages.lowerBound)..<(part.upperBound - pages.lowerBound), of: region)
    }

    /// Keeps a part of an object, as far as there is room. Never fails.
    package func keep(_ location: String, byteCount: Int64, _ range: Range<Int64>, _ bytes: UnsafeRawBufferPointer, isLongest: Bool = false) {
        guard range.count == bytes.count, !range.isEmpty, range.lowerBound >= 0, range.upperBound <= byteCount else { return }
        let name = CacheName(object: CacheName.object(location), byteCount: byteCount, range: range, isKept: isLongest)
        guard CacheFolder.byteCount(of: name) <= byteCountMax / Self.shareMax else { return }
        let now = SteadyClock.nanoseconds()
        // What another range has is not written again, but for what goes last beside one that goes first.
        let isWanted = state.withLock { state in
            let isThere = state.entries[name.object]?.contains {
                ($0.name.isKept || !isLongest) && $0.name.byteCount == byteCount && $0.name.range.lowerBound <= range.lowerBound && $0.name.range.upperBound >= range.upperBound
            }
            return isThere != true && now >= state.restsUntil
        }
        guard isWanted else { return }
        switch folder.write(name, bytes) {
        case .whole: break
        // Two threads have fetched the same: the other's file serves.
        case .present: return
        case .refused:
            state.withLock { $0.restsUntil = now &+ Self.restNanoseconds }
            return StoreLog.note("the cache is not written", path: folder.path, reason: "the disk refused; questions go on without it", level: .warning)
        }
        state.withLock { state in
            state.tick += 1
            Self.add(Entry(name, usedAt: state.tick), to: &state)
            state.figures.writtenByteCount += bytes.count
        }
        shrink()
    }

    private static func add(_ entry: Entry, to state: inout State) {
        state.entries[entry.name.object, default: []].append(entry)
        state.heldByteCount += entry.fileByteCount
        state.fileCount += 1
    }

    /// An object that is no more.
    package func forget(_ location: String) {
        let object = CacheName.object(location)
        remove(state.withLock { $0.entries[object] ?? [] }) { _ in }
    }

    /// - Parameter note: called once under the lock, if any of them was still there. Files go after it.
    private func remove(_ entries: [Entry], _ note: (inout CacheFigures) -> Void) {
        let gone = state.withLock { state in
            let gone = entries.filter { entry in
                guard let place = state.entries[entry.name.object]?.firstIndex(where: { $0 === entry }) else { return false }
                state.entries[entry.name.object]?.remove(at: place)
                if state.entries[entry.name.object]?.isEmpty == true { state.entries[entry.name.object] = nil }
                state.heldByteCount -= entry.fileByteCount
                state.fileCount -= 1
                return true
            }
            if !gone.isEmpty { note(&state.figures) }
            return gone
        }
        for entry in gone { folder.remove(entry.name) }
    }

    /// Makes room once there is none: what was used longest ago goes, down to nine tenths, footers and manifests last.
    private func shrink() {
        let victims: [Entry] = state.withLock { state in
            guard state.heldByteCount > byteCountMax else { return [] }
            let order = state.entries.values.joined().sorted { left, right in
                left.name.isKept != right.name.isKept ? !left.name.isKept : left.usedAt < right.usedAt
            }
            var excess = state.heldByteCount - byteCountMax / 10 * 9
            return Array(order.prefix { entry in
                defer { excess -= entry.fileByteCount }
                return excess > 0
            })
        }
        if victims.isEmpty { return }
        let byteCount = victims.reduce(0) { $0 + Int(clamping: $1.fileByteCount) }
        remove(victims) { $0.evictedByteCount += byteCount }
    }
}
