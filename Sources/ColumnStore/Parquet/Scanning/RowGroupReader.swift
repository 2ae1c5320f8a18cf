/// Reads the rows of one row group, or of a part of it, that pass a scan's filters, batch by batch.
///
/// The order of work on a window of rows: the columns of the filters are decoded and tested; then those of the runtime filters, one after
/// another; then the elements that filters ask for, then the columns of the residual predicate, each for the rows still there; then the rest, for the rows that passed
/// everything. Whole pages and runs of rows that did not pass are never decoded. One owner on one thread.
///
/// Numbers of rows are of three kinds: of the row group (`ranges`, `positions`), of the window, from 0 at its start (`Selection.rows`), and places among
/// the rows that a phase has decoded (`places`).
///
/// Invariants:
/// 1. `ranges` ascend and do not overlap; `nextRow` is the first row of `ranges[rangeIndex]` or later that no window had.
/// 2. A leaf stands at the row `positions` says, and never goes back: windows and phases ask for ascending rows.
/// 3. The budget is charged for a batch until the next one is begun.
public final class RowGroupReader {
    /// Rows that did not pass are decoded along when no more than this many bytes of them stand between two that did: passing over them
    /// costs about as much.
    private static let gapByteCountMax = 4_096
    /// A gap is no longer than this however small its rows are.
    private static let gapRowCountMax = 512
    /// Of a batch. Larger ones outgrow the processor's caches, and the allocator gives their memory back to the kernel after each: with two
    /// workers at 64 MiB half of the time of a file of documents went into fresh pages.
    private static let batchByteCountMax = 8 << 20

    /// Of one row group: what takes longer to come than a further round trip is asked for as it is needed.
    private static let togetherByteCountMax = 16 << 20
    /// The same of a disk, which gives as much in the time of a few requests.
    private static let togetherByteCountMaxOnDisk = 1 << 20
    /// So small a part of a row group is wanted that pages may end within the rows that are.
    private static let narrowShare = 4

    private let scan: ParquetScan
    private let rowGroup: Int
    private let budget: DecodeBudget
    /// One for each leaf of the scan.
    private var readers: [LeafReader] = []
    /// The row at which each leaf stands.
    private var positions: [Int] = []
    /// Rows that may pass by the page indexes, ascending.
    private var ranges: [Range<Int>] = []
    private var rangeIndex = 0
    private var nextRow = 0
    /// Of the row group, ascending: those that are read and no others, as far as no window had them; nil for all of `ranges`.
    private var wanted: ArraySlice<Int>?
    private var windowRowCount: Int
    /// By phase: rows that did not pass are decoded along when no more of them than this stand between two that did.
    private var gapRowCounts: [ParquetScan.Phase: Int] = [:]
    /// By filter of the scan: whether every row of the row group passes it.
    private let isSettled: [Bool]
    /// By leaf: whether only such filters ask for it.
    private let isIdle: [Bool]
    /// One for each filter of the scan.
    private var dictionaryFilters: [DictionaryFilter]
    private var elementFilters: [DictionaryFilter]
    /// One for each runtime filter of the scan.
    private var runtimeFilters: [DictionaryRuntimeFilter]
    private var counted = ParquetScanCounters()
    /// The file's, counted and timed.
    private let bytes: MeteredBytes
    /// Of the last batch: where its window begins, and which rows of that are in it; nil for all.
    private var lastBatch: (start: Int, rows: [Int32]?) = (0, nil)

    /// Of what has been read so far.
    public var counters: ParquetScanCounters {
        var counters = counted
        for reader in readers {
            counters.pageCount += reader.pages.loadedPageCount
            counters.prunedPageCount += reader.pages.pageCount - reader.pages.loadedPageCount
            counters.inflatedByteCount += reader.pages.inflatedByteCount
            counters.inflateNanoseconds += reader.pages.inflateNanoseconds
        }
        counters.readByteCount = bytes.readByteCount
        counters.readNanoseconds = bytes.readNanoseconds
        return counters
    }

    /// Pages read so far of each leaf, its dictionary's among them.
    public var pageCountsByColumn: [String: Int] {
        Dictionary(readers.map { ($0.leaf.path, $0.pages.loadedPageCount + ($0.pages.hasReadDictionary ? 1 : 0)) }, uniquingKeysWith: +)
    }

    /// - Parameters:
    ///   - rows: of the row group; nil for all.
    ///   - wanted: ascending numbers of single rows among them; nil for all.
    /// - Throws: `.corruptFile`, `.overBudget`, `.unsupportedFeature`, `.io`.
    init(scan: ParquetScan, rowGroup: Int, rows: Range<Int>? = nil, wanted: [Int]? = nil) throws {
        let start = SteadyClock.nanoseconds()
        self.scan = scan
        self.rowGroup = rowGroup
        self.wanted = wanted.map { $0[...] }
        bytes = MeteredBytes(scan.file.bytes)
        budget = DecodeBudget(byteCountMax: scan.file.options.memoryBudgetByteCount, room: scan.request.room)
        dictionaryFilters = scan.filters.map { DictionaryFilter($0.filter) }
        elementFilters = scan.elementFilters.map { DictionaryFilter($0.filter) }
        runtimeFilters = scan.runtimeFilters.map { DictionaryRuntimeFilter($0.runtimeFilter) }
        windowRowCount = max(1, scan.request.batchRowCount)
        isSettled = scan.settledFilters(rowGroup: rowGroup)
        isIdle = scan.idleLeaves(isSettled)
        try open(rows)
        counted.nanoseconds = Int(SteadyClock.nanoseconds() &- start)
    }

    // MARK: Opening

    /// Finds the rows that may pass, from what costs least to what costs most: the footer (done by the scan), bloom filters, page indexes, dictionaries.
    ///
    /// Without filters that leave anything open, and with all rows wanted, no index is read.
    private func open(_ part: Range<Int>?) throws {
        let file = scan.file
        let all = 0..<Int(file.metadata.rowGroups[rowGroup].rowCount)
        let rows = part.map { $0.clamped(to: all) } ?? all
        ranges = [rows]
        var layouts: [ChunkLayout] = []
        for leaf in scan.leaves { layouts.append(try file.layout(rowGroup: rowGroup, leaf: leaf.descriptor)) }
        let moved = scan.movedBounds(rowGroup: rowGroup)
        if !moved.canMatch(file.metadata.rowGroups[rowGroup]) {
            ranges = []
            counted.prunedRowCount = rows.count
            return
        }
        let pruning = scan.pruning.without(scan.settled(isSettled)).and(moved)
        if !pruning.isEmpty || rows != all { try prune(&layouts, rows, of: all.count, pruning) }
        counted.prunedRowCount = rows.count - ranges.reduce(0) { $0 + $1.count }
        if ranges.isEmpty { return }
        makeReaders(layouts)
        windowRowCount = windowSize(layouts)
        // The gap that is worth passing over depends on what a row takes in the columns of the phase.
        for phase in Set(scan.phases) {
            let bytesPerRow = bytesPerRow(scan.leaves.indices.filter { scan.phases[$0] == phase })
            gapRowCounts[phase] = min(Self.gapRowCountMax, Self.gapByteCountMax / bytesPerRow)
        }
        if try !dictionariesCanMatch() { ranges = [] }
        if ranges.isEmpty { counted.prunedRowCount = rows.count }
    }

    /// Whether each filter passes some entry of its column's dictionary, where all of the chunk's pages have codes of it.
    private func dictionariesCanMatch() throws -> Bool {
        for (index, planned) in scan.filters.enumerated() where !isSettled[index] {
            guard case .leaf(let leaf) = planned.node else { continue }
            guard try canMatch(&dictionaryFilters[index], leaf) else { return false }
        }
        for (index, planned) in scan.elementFilters.enumerated() {
            guard let leaf = planned.node.leaves.first(where: { scan.leaves[$0].decodesValues }) else { continue }
            guard try canMatch(&elementFilters[index], leaf) else { return false }
        }
        return true
    }

    /// Whether the chunk's dictionary leaves it open that some row passes.
    private func canMatch(_ filter: inout DictionaryFilter, _ leaf: Int) throws -> Bool {
        guard filter.isOfValues, isDictionaryWhole(scan.leaves[leaf].descriptor),
            let entries = try readers[leaf].dictionaryEntries()
        else { return true }
        return filter.passesSome(entries, scan.leaves[leaf].type)
    }

    /// Whether the footer says that every data page of the chunk has dictionary codes.
    ///
    /// False where it does not say.
    private func isDictionaryWhole(_ leaf: LeafDescriptor) -> Bool {
        guard let metadata = scan.file.metadata.rowGroups[rowGroup].columns[leaf.index].metadata else { return false }
        if let stats = metadata.encodingStats {
            let pages = stats.filter { $0.pageKind != .dictionary }
            return !pages.isEmpty && pages.allSatisfy { $0.encoding.isDictionary || $0.count == 0 }
        }
        // Without counts: PLAIN in the list may be the dictionary's own encoding or that of pages after it.
        return metadata.encodings.allSatisfy { $0.isDictionary || $0 == .rle || $0 == .bitPacked }
            && metadata.encodings.contains { $0.isDictionary }
    }

    /// Leaves only those of `rows` that may pass by the indexes, and finds their pages.
    /// - Parameter rows: those that this reader is for.
    private func prune(_ layouts: inout [ChunkLayout], _ rows: Range<Int>, of rowCount: Int, _ pruning: PruningPredicate) throws {
        let file = scan.file
        let filtered = pruning.terms.compactMap { $0.decoder?.leaf }
        let wanted = scan.leaves.indices.filter { !isIdle[$0] }
        let indexes = PageIndexReader(
            file: file, bytes: bytes, rowGroup: rowGroup, leaves: wanted.map { scan.leaves[$0].descriptor } + filtered, filtered: filtered,
            budget: budget)
        // Bloom filters are asked first: one that says no spares the indexes of all columns.
        indexes.expectTogether(pruning.terms.filter { PruningPredicate.wantedHashes($0) != nil }.compactMap { $0.decoder?.leaf })
        for term in pruning.terms {
            guard let leaf = term.decoder?.leaf, let hashes = PruningPredicate.wantedHashes(term) else { continue }
            if try !indexes.mayContain(hashes, leaf) {
                counted.isPrunedByBloomFilter = true
                ranges = []
                return
            }
        }
        // Bounds are needed until this is done, places as long as their pages are read.
        let share = indexes.share()
        defer { withExtendedLifetime(share) {} }
        var columnIndexes: [Int: ColumnIndex] = [:]
        var located: [Int: ChunkLayout] = [:]
        // Two filters may ask about one leaf.
        for leaf in filtered where located[leaf.index] == nil {
            columnIndexes[leaf.index] = try indexes.columnIndex(leaf, for: share)
            located[leaf.index] = try indexes.located(leaf, file.layout(rowGroup: rowGroup, leaf: leaf))
        }
        ranges = pruning.rowRanges(
            rowCount: rowCount, columnIndex: { columnIndexes[$0.index] }, locations: { located[$0.index]?.locations }
        ).map { $0.clamped(to: rows) }.filter { !$0.isEmpty }
        if ranges.isEmpty { return }
        for index in wanted {
            let leaf = scan.leaves[index].descriptor
            layouts[index] = try located[leaf.index] ?? indexes.located(leaf, layouts[index])
        }
    }

    /// Makes a reader for each leaf, and sends for the bytes that are wanted first.
    ///
    /// Three questions decide how a leaf's bytes come:
    /// 1. Is all that may be wanted small (`comesTogether`)? Then it is fetched at once, whatever filters leave of it.
    /// 2. Else, is the leaf read after filters, or for single rows, with its pages known (`isLate`)? Then page by page, as rows are left.
    /// 3. Are few rows of a page wanted (`isSparse`)? Then pages are inflated no further than the last of them.
    private func makeReaders(_ layouts: [ChunkLayout]) {
        let file = scan.file
        // Each leaf may hold a read of this size: of many leaves all together a quarter of the budget.
        let target = max(16 << 10, min(file.options.readByteCountTarget, budget.byteCountMax / 4 / max(layouts.count, 1)))
        let hasFilters = isSettled.contains(false) || !scan.runtimeFilters.isEmpty || scan.request.residual != nil || wanted != nil
        // Of single rows no leaf is read whole.
        let first = wanted == nil ? scan.phases.indices.filter { !isIdle[$0] }.map { scan.phases[$0] }.min() ?? .rest : nil
        let needed = layouts.map(neededRanges)
        // A round trip costs as much as megabytes do, a request to a disk as much as a hundred kilobytes: all that may be wanted comes with the first.
        let comesTogether = zip(needed, isIdle).reduce(0) { $1.1 ? $0 : $1.0.reduce($0) { $0.addingSaturating($1.count) } }
            <= (bytes.waitsForNetwork ? Self.togetherByteCountMax : Self.togetherByteCountMaxOnDisk)
        let isLate = scan.phases.indices.map { !comesTogether && hasFilters && scan.phases[$0] != first && layouts[$0].locations != nil }
        // Most rows of a page may not be wanted: only as much of it is inflated as the last one takes that is.
        let rowCount = Int(file.metadata.rowGroups[rowGroup].rowCount)
        let isNarrow = self.ranges.reduce(0) { $0 + $1.count } <= rowCount / Self.narrowShare
        let isSparse = scan.phases.indices.map { isNarrow || hasFilters && scan.phases[$0] != first }
        var wanted: [Range<Int64>] = []
        for (index, ranges) in needed.enumerated() where !isLate[index] && !isIdle[index] {
            // Columns decoded late are fetched page by page where the pages are known: most of them may not be needed.
            wanted += ranges.filter { $0.count <= target }
            if comesTogether { for range in ranges where range.count > target { bytes.expect(range) } }
        }
        let shared = CoalescedRanges(
            file: bytes, wanted: wanted, mergedByteCountMax: Int64(target), budget: budget)
        shared.expectAll()
        let context = ChunkContext(
            path: file.path, options: file.options, bytes: bytes, shared: shared, decompressor: PageDecompressor(), budget: budget,
            readAheadByteCountMax: target)
        for (index, layout) in layouts.enumerated() {
            readers.append(context.leaf(scan.leaves[index], layout, isSequential: !isLate[index], isSparse: isSparse[index]))
            positions.append(0)
        }
    }

    /// The chunk, or the parts of it that hold pages of the rows that may pass.
    ///
    /// The dictionary page is needed with any of them.
    private func neededRanges(_ layout: ChunkLayout) -> [Range<Int64>] {
        guard let locations = layout.locations, let first = locations.first else { return [layout.range] }
        var needed: [Range<Int64>] = []
        if first.offset > layout.range.lowerBound { needed.append(layout.range.lowerBound..<first.offset) }
        // Pages and ranges both ascend: one pass, since a file may have a million of each.
        var passing = ranges[...]
        for (index, location) in locations.enumerated() {
            let end = index + 1 < locations.count ? Int(locations[index + 1].firstRowIndex) : layout.rowCount
            let rows = Int(location.firstRowIndex)..<end
            while let range = passing.first, range.upperBound <= rows.lowerBound { passing.removeFirst() }
            guard let range = passing.first, range.overlaps(rows) else { continue }
            let bytes = location.offset..<(location.offset + Int64(location.compressedByteCount))
            if let last = needed.last, last.upperBound == bytes.lowerBound {
                needed[needed.count - 1] = last.lowerBound..<bytes.upperBound
            } else {
                needed.append(bytes)
            }
        }
        return needed
    }

    /// Of the leaves' values before compression, by the file's own figures; at least 1.
    private func bytesPerRow(_ leaves: [Int]) -> Int {
        let chunks = scan.file.metadata.rowGroups[rowGroup].columns
        var byteCount: Int64 = 0
        for leaf in leaves.lazy.map({ self.scan.leaves[$0] }) where leaf.decodesValues {
            byteCount = byteCount.addingSaturating(max(0, chunks[leaf.descriptor.index].metadata?.totalUncompressedByteCount ?? 0))
        }
        return Int(clamping: max(1, byteCount / max(1, scan.file.metadata.rowGroups[rowGroup].rowCount)))
    }

    /// Fewer rows at a time where rows are large.
    /// Rows of a window.
    ///
    /// - Returns: at least 1: a row may be larger than a batch should be.
    private func windowSize(_ layouts: [ChunkLayout]) -> Int {
        let room = max(1, min(budget.byteCountMax / 4, Self.batchByteCountMax))
        return max(1, min(windowRowCount, room / bytesPerRow(Array(scan.leaves.indices))))
    }

    // MARK: Batches

    /// The next rows that pass, or nil at the end. Never an empty batch.
    ///
    /// - Throws: `ColumnStoreError`, and whatever the residual predicate throws.
    ///
    /// - Complexity: windows of which no row passes are gone through until one has some.
    public func next() throws -> ColumnBatch? {
        let start = SteadyClock.nanoseconds()
        defer { counted.nanoseconds += Int(SteadyClock.nanoseconds() &- start) }
        while rangeIndex < ranges.count {
            let range = ranges[rangeIndex]
            nextRow = max(nextRow, range.lowerBound)
            let count = min(windowRowCount, range.upperBound - nextRow)
            let start = nextRow
            nextRow += count
            if nextRow >= range.upperBound { rangeIndex += 1 }
            guard let selection = selection(start, count) else { continue }
            if let batch = try read(start, count, selection) { return batch }
        }
        return nil
    }

    /// The rows that a window begins with: all, or those that are wanted; nil for none. Wanted ones were looked at before, and do not count again.
    private func selection(_ start: Int, _ count: Int) -> Selection? {
        guard wanted != nil else {
            counted.rowCount += count
            return Selection(count: count, rows: nil)
        }
        var rows: [Int32] = []
        while let row = wanted?.first, row < start &+ count {
            rows.append(Int32(truncatingIfNeeded: row &- start))
            wanted?.removeFirst()
        }
        return rows.isEmpty ? nil : Selection(count: rows.count, rows: rows)
    }

    /// Rows of the window that are still there: all, or these.
    ///
    /// Ascending numbers from the window's start.
    private struct Selection {
        var count: Int
        /// Nil for all of the window.
        var rows: [Int32]?
    }

    /// One window: the steps of the type's description, each for the rows that the one before it left.
    ///
    /// - Parameter wanted: the rows to begin with; all where the scan has filters.
    /// - Returns: nil where no row passes.
    private func read(_ start: Int, _ count: Int, _ wanted: Selection) throws -> ColumnBatch? {
        budget.beginBatch()
        var outputs = [LeafOutput?](repeating: nil, count: scan.leaves.count)
        var selection = wanted
        var decoded = DecodedRows()
        if isSettled.contains(false) {
            // Filters have every row of the window: nothing is left out yet.
            let window = ReadRows(ranges: [start..<(start + count)], start: start)
            decoded[.filters] = window
            try decode(.filters, window, &outputs)
            guard try timed({ try applyFilters(outputs, count, &selection) }) else { return nil }
        }
        for (index, planned) in scan.runtimeFilters.enumerated() where planned.runtimeFilter.isWorthwhile {
            try decode(scan.phase(of: planned.node), selection, start, count, &decoded, &outputs)
            guard try timed({ try applyRuntimeFilter(index, outputs, decoded, start, &selection) }) else { return nil }
        }
        if !scan.elementFilters.isEmpty {
            for planned in scan.elementFilters {
                try decode(scan.phase(of: planned.node), selection, start, count, &decoded, &outputs)
            }
            guard try timed({ try applyElementFilters(outputs, decoded, start, &selection) }) else { return nil }
        }
        if let residual = scan.request.residual {
            for node in scan.residual where !node.leaves.isEmpty {
                try decode(scan.phase(of: node), selection, start, count, &decoded, &outputs)
            }
            guard try timed({ try apply(residual, outputs, decoded, start, &selection) }) else { return nil }
        }
        for phase in scan.projectedPhases { try decode(phase, selection, start, count, &decoded, &outputs) }
        let restRows = readRows(.rest, selection, start, count)
        let assembly = ColumnAssembly(outputs: outputs, leaves: scan.leaves, budget: budget)
        var columns: [Column] = []
        for projected in scan.projection {
            var parts: [Column] = []
            for node in projected.parts {
                parts.append(try column(node, assembly, decoded[scan.phase(of: node)] ?? restRows, selection, start))
            }
            columns.append(try placed(projected.parts[0]) { () throws(PageError) in try projected.merged(parts) })
        }
        lastBatch = (start, selection.rows)
        return ColumnBatch(rowCount: selection.count, columns: columns)
    }

    /// Which row of the row group a row of the last batch is, counted from 0: `ScanPart` reads it again without a look for it.
    ///
    /// - Precondition: `row` is one of the batch that `next()` gave last.
    public func rowNumber(of row: Int) -> Int { lastBatch.start + (lastBatch.rows.map { Int($0[row]) } ?? row) }

    /// Counts the time of a test.
    private func timed(_ test: () throws -> Bool) rethrows -> Bool {
        let start = SteadyClock.nanoseconds()
        defer { counted.filterNanoseconds += Int(SteadyClock.nanoseconds() &- start) }
        return try test()
    }

    /// Tests each filter on the whole window; the selection is made once, of all together.
    ///
    /// - Returns: false where no row passes. So do the other tests.
    private func applyFilters(_ outputs: [LeafOutput?], _ count: Int, _ selection: inout Selection) throws -> Bool {
        let assembly = ColumnAssembly(outputs: outputs, leaves: scan.leaves, budget: budget)
        var passing: Bitmap?
        for (index, planned) in scan.filters.enumerated() where !isSettled[index] {
            let column = try placed(planned.node) { () throws(PageError) in try assembly.column(planned.node, count: count) }
            let bits = dictionaryFilters[index].select(column)
            passing = passing.map { $0 & bits } ?? bits
            if passing?.setCount == 0 { return false }
        }
        if let passing { narrow(&selection, to: passing) }
        return true
    }

    /// Tests the rows that are left, and counts how many pass, so that a filter that leaves out next to nothing is given up.
    private func applyRuntimeFilter(
        _ index: Int, _ outputs: [LeafOutput?], _ decoded: DecodedRows, _ start: Int, _ selection: inout Selection
    ) throws -> Bool {
        let planned = scan.runtimeFilters[index]
        guard let rows = decoded[scan.phase(of: planned.node)] else { return true }
        let assembly = ColumnAssembly(outputs: outputs, leaves: scan.leaves, budget: budget)
        let bits = runtimeFilters[index].select(try column(planned.node, assembly, rows, selection, start))
        let passed = bits.setCount
        planned.runtimeFilter.note(seen: selection.count, passed: passed)
        if passed == 0 { return false }
        narrow(&selection, to: bits)
        return true
    }

    /// Leaves out the rows of which no element passes.
    private func applyElementFilters(
        _ outputs: [LeafOutput?], _ decoded: DecodedRows, _ start: Int, _ selection: inout Selection
    ) throws -> Bool {
        let assembly = ColumnAssembly(outputs: outputs, leaves: scan.leaves, budget: budget)
        for (index, planned) in scan.elementFilters.enumerated() {
            guard let rows = decoded[scan.phase(of: planned.node)] else { continue }
            let column = try column(planned.node, assembly, rows, selection, start)
            guard let bits = elementFilters[index].selectRows(column) else { continue }
            if bits.setCount == 0 { return false }
            narrow(&selection, to: bits)
        }
        return true
    }

    /// Asks the request's predicate about the rows that are left.
    private func apply(
        _ residual: ParquetScanRequest.Residual, _ outputs: [LeafOutput?], _ decoded: DecodedRows, _ start: Int,
        _ selection: inout Selection
    ) throws -> Bool {
        let assembly = ColumnAssembly(outputs: outputs, leaves: scan.leaves, budget: budget)
        var columns: [Column] = []
        for node in scan.residual {
            let rows = decoded[scan.phase(of: node)] ?? readRows(.residual, selection, start, selection.count)
            columns.append(try column(node, assembly, rows, selection, start))
        }
        let bits = try residual.select(ColumnBatch(rowCount: selection.count, columns: columns))
        guard bits.count == selection.count else {
            throw ColumnStoreError(
                .invalidRequest, path: scan.file.path, "the predicate gave \(bits.count) bits for \(selection.count) rows")
        }
        if bits.setCount == 0 { return false }
        narrow(&selection, to: bits)
        return true
    }

    /// - Parameter bits: one for each row of the selection.
    private func narrow(_ selection: inout Selection, to bits: Bitmap) {
        let kept = bits.setCount
        if kept == selection.count { return }
        let places = bits.setIndices()
        if let rows = selection.rows {
            selection.rows = places.map { rows[Int($0)] }
        } else {
            selection.rows = places
        }
        selection.count = kept
    }

    // MARK: Rows to decode

    /// Rows that a phase decodes: ascending ranges of the row group.
    private struct ReadRows {
        let ranges: [Range<Int>]
        /// Of the window.
        let start: Int
        var count: Int { ranges.reduce(0) { $0 + $1.count } }
    }

    /// What the phases so far have decoded of the window.
    private struct DecodedRows {
        private var rows: [(phase: ParquetScan.Phase, rows: ReadRows)] = []

        subscript(_ phase: ParquetScan.Phase) -> ReadRows? {
            get { rows.first { $0.phase == phase }?.rows }
            set { if let newValue { rows.append((phase, newValue)) } }
        }
    }

    /// The selected rows as ranges, with short gaps closed.
    ///
    /// - Returns: ranges of the row group, from the first selected row to the last.
    private func readRows(_ phase: ParquetScan.Phase, _ selection: Selection, _ start: Int, _ count: Int) -> ReadRows {
        guard let rows = selection.rows, let first = rows.first, let last = rows.last else {
            return ReadRows(ranges: [start..<(start + count)], start: start)
        }
        let gapRowCountMax = gapRowCounts[phase] ?? 0
        // All that are missing together are no longer than a gap, as where hardly any row did not pass: no gap need be looked for.
        if Int(last) + 1 - Int(first) - rows.count <= gapRowCountMax { return ReadRows(ranges: [(start + Int(first))..<(start + Int(last) + 1)], start: start) }
        var ranges: [Range<Int>] = []
        var lower = Int(first)
        var upper = Int(first) + 1
        for row in rows.dropFirst() {
            if Int(row) > upper + gapRowCountMax {
                ranges.append((start + lower)..<(start + upper))
                lower = Int(row)
            }
            upper = Int(row) + 1
        }
        ranges.append((start + lower)..<(start + upper))
        return ReadRows(ranges: ranges, start: start)
    }

    /// Decodes the leaves of a phase for the rows that are left, unless it has been done for the window.
    private func decode(
        _ phase: ParquetScan.Phase, _ selection: Selection, _ start: Int, _ count: Int, _ decoded: inout DecodedRows,
        _ outputs: inout [LeafOutput?]
    ) throws {
        guard decoded[phase] == nil else { return }
        let rows = readRows(phase, selection, start, count)
        decoded[phase] = rows
        try decode(phase, rows, &outputs)
    }

    /// Brings each leaf of the phase to each range, and takes what it read.
    private func decode(_ phase: ParquetScan.Phase, _ rows: ReadRows, _ outputs: inout [LeafOutput?]) throws {
        for index in readers.indices where scan.phases[index] == phase && !isIdle[index] {
            let reader = readers[index]
            for range in rows.ranges {
                if positions[index] < range.lowerBound { try reader.skip(range.lowerBound - positions[index]) }
                try reader.read(range.count)
                positions[index] = range.upperBound
            }
            outputs[index] = reader.take()
        }
    }

    /// A column over the rows that its phase decoded, cut down to the selected ones.
    private func column(
        _ node: ReadNode, _ assembly: ColumnAssembly, _ read: ReadRows, _ selection: Selection, _ start: Int
    ) throws -> Column {
        if case .missing(let type) = node { return .constant(.null, type: type, count: selection.count) }
        let readCount = read.count
        let column = try placed(node) { () throws(PageError) in try assembly.column(node, count: readCount) }
        // Gaps were read along: they are left out here.
        guard let rows = selection.rows, readCount != selection.count else { return column }
        return column.gathering(places(rows, read))
    }

    /// Where the selected rows stand among those that were decoded.
    ///
    /// - Complexity: O(rows and ranges): both ascend.
    private func places(_ rows: [Int32], _ read: ReadRows) -> [Int32] {
        if read.ranges.count == 1, read.ranges[0].lowerBound == read.start { return rows }
        var places: [Int32] = []
        places.reserveCapacity(rows.count)
        var range = 0
        var before = 0
        for row in rows {
            let absolute = read.start + Int(row)
            while absolute >= read.ranges[range].upperBound {
                before += read.ranges[range].count
                range += 1
            }
            places.append(Int32(before + absolute - read.ranges[range].lowerBound))
        }
        return places
    }

    /// Adds the column to a fault of its making.
    private func placed(_ node: ReadNode, _ body: () throws(PageError) -> Column) throws -> Column {
        do {
            return try body()
        } catch {
            let name = node.leaves.first.map { scan.leaves[$0].descriptor.path }
            if case .memoryBudget = error { throw ColumnStoreError(error, path: scan.file.path, column: name) }
            throw ColumnStoreError(
                .corruptFile, path: scan.file.path, column: name, "the column's levels contradict those beside it: \(error)")
        }
    }
}
