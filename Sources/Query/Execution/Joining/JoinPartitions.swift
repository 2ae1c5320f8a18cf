import ColumnStore
import Synchronization

/// Both sides of a join in files. Rows that match lie in files of the same pair: by the hash of their keys, or, where no key must be equal, all
/// right rows in one file that every part of the left side is paired with.
///
/// A grace hash join (Kitsuregawa, Tanaka, Moto-oka, "Application of hash to data base machine and its architecture",
/// 1983), whose parts are divided again when they do not fit:
///
/// 1. The right side, then the left one, is written to 32 files each, by the top five bits of the hash of the keys.
/// 2. Streams take pair after pair. A pair whose right file does not fit is divided by the next five bits into up to 32
///    pairs, which go back on the pile.
/// 3. What cannot be divided, or no further, is joined in blocks (`PartitionedJoinStream`).
///
/// Invariant: rows whose keys are equal lie in files of the same pair. Right files have the rows' columns and then their
/// keys, so that keys are evaluated once; left files have the columns alone.
final class JoinPartitions: @unchecked Sendable {
    // Safe to share: right files are written under the join's lock, left files under their own; pairs are taken and added under theirs.

    /// Files of the right side and the left side whose rows may match each other. Safe to send: of a pair only one stream reads at a time, but
    /// for a right file of several pairs, which all only read.
    struct Pair: @unchecked Sendable {
        let right: SpillFile
        let left: SpillFile
        /// How many times the rows were divided; each time takes other bits of the hash.
        let level: Int
        /// Whether dividing may make the right side smaller.
        let mayDivide: Bool
    }

    /// A power of two, of as many bits as a level takes.
    private static let fanOut = 32
    /// Each level takes five bits of a hash of 64.
    private static let levelMax = 10
    /// A part with more than this share of the rows is one key's, mostly: dividing it again is of no use.
    private static let skewShare = 0.9
    /// Fewer rows are not worth files of their own.
    private static let dividedRowCountMin = 512

    /// It keeps this: a hold in return would keep both, and their files, until the process ends.
    private unowned let owner: JoinOperator
    private let rightFiles: [SpillFile]
    private let leftFiles: [SpillFile]
    private let leftLock = Mutex<Void>(())
    /// Pairs that no stream has taken, the last one next.
    private let pending = Mutex<[Pair]>([])
    /// Whether rows that match lie in files of the same number. What NOT IN does not know, any right row may tell.
    private let isKeyed: Bool

    /// - Throws: `spillFull`.
    init(_ owner: JoinOperator, _ run: QueryRun) throws {
        self.owner = owner
        isKeyed = !owner.node.equalities.isEmpty && !owner.node.needsAllRight
        let rightCount = isKeyed ? Self.fanOut : 1
        // Which right rows have matched is known to one walk of all left rows only.
        let leftCount = isKeyed ? Self.fanOut : owner.node.marksRight ? 1 : run.workerCount
        let rightTypes = owner.rightTypes + owner.node.equalities.map(\.right.type)
        let volume = try SpillVolume(run.spill)
        rightFiles = try (0..<rightCount).map { _ in try SpillFile(run.spill, types: rightTypes, in: volume) }
        leftFiles = try (0..<leftCount).map { _ in try SpillFile(run.spill, types: owner.leftTypes, in: volume) }
    }

    var spilledByteCount: Int { (rightFiles + leftFiles).reduce(0) { $0 + $1.byteCount } }

    /// Row numbers by part. Rows with a NULL that matches nothing go anywhere.
    /// - Parameter level: 0 for the hash's top five bits, then the next ones. At most `levelMax`, so that the shift stays
    ///   within the hash.
    private func parts(_ keys: [Column], count: Int, level: Int) -> [[Int32]] {
        let hashes = HashKernels.rows(keys, count: count)
        var present: Bitmap?
        for (key, equality) in zip(keys, owner.node.equalities) where !equality.nullsEqual { present = .both(present, key.rowValidity) }
        var parts = [[Int32]](repeating: [], count: Self.fanOut)
        let shift = UInt64(59 - 5 * level)
        for row in hashes.indices {
            // NULLs have one hash: by it they would crowd into one part.
            let part = present?[row] ?? true ? Int(truncatingIfNeeded: hashes[row] >> shift) % Self.fanOut : row % Self.fanOut
            parts[part].append(Int32(truncatingIfNeeded: row))
        }
        return parts
    }

    private func write(_ batch: ColumnBatch, _ keys: [Column], to files: [SpillFile], level: Int) throws {
        for (part, rows) in parts(keys, count: batch.rowCount, level: level).enumerated() where !rows.isEmpty {
            try files[part].write(batch.gathering(rows))
        }
    }

    /// Called under the join's lock.
    func addRight(_ batch: ColumnBatch, _ keys: [Column]) throws {
        let wide = ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + keys)
        if !isKeyed { return try rightFiles[0].write(wide) }
        try write(wide, keys, to: rightFiles, level: 0)
    }

    /// Writes all of the left side and lays the pairs out. Called once, after the last right row.
    /// - Throws: `spillFull`; what the left side and its keys' expressions throw.
    func readLeft(_ left: PreparedOperator, _ run: QueryRun) throws {
        let next = Counter()
        try run.drain(left, dividing: true) { _ in
            let keys = try leftKeys(run)
            return { batch in
                let own = try keys(batch)
                try self.leftLock.withLock { _ in
                    // Without keys any left row may go anywhere: rows are dealt out, a batch each.
                    if !self.isKeyed { return try self.leftFiles[next.take() % self.leftFiles.count].write(batch) }
                    try self.write(batch, own, to: self.leftFiles, level: 0)
                }
            }
        }
        // A right file of several pairs is read by several threads.
        if !isKeyed { try rightFiles[0].finish() }
        let pairs = leftFiles.enumerated().map { index, left in
            Pair(right: rightFiles[isKeyed ? index : 0], left: left, level: 1, mayDivide: isKeyed)
        }
        pending.withLock { $0 += pairs }
    }

    /// A function of one worker's own that evaluates the left keys of a batch.
    private func leftKeys(_ run: QueryRun) throws -> (ColumnBatch) throws -> [Column] {
        let evaluators = try owner.node.equalities.map { try Evaluator($0.left, layout: owner.leftLayout, context: run.context) }
        return { batch in
            let view = RowView(batch)
            return try evaluators.map { try $0.evaluate(view) }
        }
    }

    // MARK: Joining

    /// The next pair; one whose right side does not fit in `share` is divided first, where that helps.
    /// - Returns: nil when no pair is left on the pile. Another stream may still be dividing one, whose pairs it then joins
    ///   itself.
    /// - Throws: `spillFull`; cancellation.
    func take(_ run: QueryRun, _ share: MemoryShare) throws -> Pair? {
        while let pair = pending.withLock({ $0.popLast() }) {
            guard pair.mayDivide, pair.right.rowCount > Self.dividedRowCountMin, !share.resize(to: JoinInput.byteCount(of: pair.right, owner.node))
            else { return pair }
            let divided = try divide(pair, run)
            pending.withLock { $0.append(contentsOf: divided) }
        }
        return nil
    }

    private func divide(_ pair: Pair, _ run: QueryRun) throws -> [Pair] {
        let rightTypes = owner.rightTypes + owner.node.equalities.map(\.right.type)
        let volume = try SpillVolume(run.spill)
        let rights = try (0..<Self.fanOut).map { _ in try SpillFile(run.spill, types: rightTypes, in: volume) }
        let lefts = try (0..<Self.fanOut).map { _ in try SpillFile(run.spill, types: owner.leftTypes, in: volume) }
        let right = try pair.right.reader()
        while let batch = try right.next() {
            try run.cancellation.check()
            try write(batch, Array(batch.columns[owner.rightTypes.count...]), to: rights, level: pair.level)
        }
        let keys = try leftKeys(run)
        let left = try pair.left.reader()
        while let batch = try left.next() {
            try run.cancellation.check()
            try write(batch, try keys(batch), to: lefts, level: pair.level)
        }
        owner.spilled((rights + lefts).reduce(0) { $0 + $1.byteCount }, run)
        return zip(rights, lefts).compactMap { right, left in
            // A pair without right rows still has answers where left rows need no match.
            if right.rowCount == 0, left.rowCount == 0 || owner.node.needsMatch { return nil }
            let isSkewed = Double(right.rowCount) > Double(pair.right.rowCount) * Self.skewShare
            return Pair(right: right, left: left, level: pair.level + 1, mayDivide: !isSkewed && pair.level + 1 <= Self.levelMax)
        }
    }
}

/// Joins pair of files after pair of files. A right side that does not fit in memory all the same is taken in blocks, each of which the left
/// side runs past anew.
///
/// One of several, each on its worker; they share `partitions`, and nothing else.
///
/// Invariant: `pair` is set from the taking of a pair until its last block is opened; `current` is the walk of the left
/// side past the block at hand.
final class PartitionedJoinStream: BatchStream {
    private let owner: JoinOperator
    private let partitions: JoinPartitions
    private let facts: JoinFacts
    private let run: QueryRun
    /// Memory of the block at hand.
    private let share: MemoryShare
    private var pair: JoinPartitions.Pair?
    /// The right side of the pair at hand, and the batch that is to begin the next block.
    private var right: SpillReader?
    /// Nil once the right file is read to its end.
    private var waiting: ColumnBatch?
    /// Nil for a right side in one block.
    private var matches: LeftMatches?
    private var current: JoinStream?

    init(_ owner: JoinOperator, _ partitions: JoinPartitions, _ facts: JoinFacts, _ run: QueryRun) {
        self.owner = owner
        self.partitions = partitions
        self.facts = facts
        self.run = run
        share = MemoryShare(run.memory)
    }

    func next() throws -> ColumnBatch? {
        while true {
            if let batch = try current?.next() { return batch }
            current = nil
            if pair == nil {
                guard let next = try partitions.take(run, share) else {
                    share.releaseAll()
                    return nil
                }
                (pair, matches) = (next, nil)
                right = try next.right.reader()
                waiting = try right?.next()
            }
            // The last block may be that of an empty right file: left rows are still to be walked.
            try openBlock()
        }
    }

    /// Builds the table of the next block of the right side, and begins the left side.
    private func openBlock() throws {
        guard let pair else { return }
        var input = JoinInput(owner.node)
        let width = owner.rightTypes.count
        var bytes = JoinBytes()
        while let batch = waiting {
            try run.cancellation.check()
            let keys = Array(batch.columns[width...])
            bytes.add(ColumnBatch(rowCount: batch.rowCount, columns: Array(batch.columns[..<width])), keys, owner.node)
            // Facts with this batch's: what the lookup would take with it.
            var facts = input.facts
            let added = JoinInput.facts(keys, owner.node)
            for index in facts.indices { facts[index].note(added[index]) }
            // Of each block one stream walks past the table.
            let byteCount = bytes.byteCount(facts, owner.node, streamCount: 1)
            // A block has one batch at least, whether it fits or not.
            if !bytes.fitsColumns || !share.resize(to: byteCount) {
                if !input.batches.isEmpty { break }
                share.force(to: byteCount)
            }
            input.append(ColumnBatch(rowCount: batch.rowCount, columns: Array(batch.columns[..<width])), keys, added)
            waiting = try right?.next()
        }
        let isLast = waiting == nil
        if matches == nil, !isLast { matches = LeftMatches() }
        matches?.begin(isLast: isLast)
        let table = try JoinTable(input, node: owner.node, types: owner.rightTypes, run: nil)
        current = try JoinStream(owner, table, facts, try pair.left.reader(), run, matches: matches)
        if isLast { self.pair = nil }
    }
}

/// Which rows of the left side have matched in earlier blocks of the right side, and of which it is unknown by then whether they do: batch by
/// batch, in the order in which they are read.
/// Two bits a row, in memory. The left file is read anew for each block, and gives the same batches each time.
final class LeftMatches {
    private var batches: [(matched: Bitmap, unknown: Bitmap)] = []
    private var next = 0
    private(set) var isLast = false

    /// Begins the next walk of the left side.
    func begin(isLast: Bool) {
        next = 0
        self.isLast = isLast
    }

    /// Of the batch that is read next.
    /// All false in the first walk.
    func take(count: Int) -> (matched: Bitmap, unknown: Bitmap) {
        let none = Bitmap(repeating: false, count: count)
        return next < batches.count ? batches[next] : (none, none)
    }

    /// Takes the place of what was known of the batch, and goes on to the next.
    func put(_ matched: Bitmap, unknown: Bitmap) {
        if next < batches.count { batches[next] = (matched, unknown) } else { batches.append((matched, unknown)) }
        next += 1
    }
}
