/// Decodes one leaf of one row group, forward: rows are read or passed over, whole batches are taken.
///
/// One owner on one thread.
///
/// An *entry* is a pair of levels: a value, a NULL, or an empty or NULL list. Leaves outside of lists ("flat") have one a row; others are read up to
/// where the next row starts, which may be pages later.
///
/// Invariants:
/// 1. `entriesLeft` entries of the page at hand are not taken; in `pageDefinition` and `pageRepetition`, where they are filled, they begin at `cursor`.
/// 2. Which of them have values is known from `isAllDefined`, else from `definitionRuns`, else from `pageDefinition`, which is of another page where one of those tells.
/// 3. If values are wanted, `values` stands at that of the first of them that has one, and `output` has a validity for each slot since the last `take`.
final class LeafReader {
    let context: LeafContext
    let leaf: LeafDescriptor
    let pages: PageReader
    let keepsLevels: Bool
    let decodesValues: Bool
    let budget: DecodeBudget

    var output: LeafValues
    /// Levels of the entries read since the last batch, if they are kept.
    private(set) var repetitionLevels: [UInt8] = []
    private(set) var definitionLevels: [UInt8] = []

    // The page at hand.
    var values: any PageValueDecoder
    private var entriesLeft = 0
    /// Flat leaves with one level: validity is read straight from the runs.
    private var definitionRuns: HybridDecoder?
    /// Others: the page's levels, one byte each, read whole.
    private var pageRepetition: [UInt8] = []
    private var pageDefinition: [UInt8] = []
    private var cursor = 0
    /// Every entry of the page has a value: levels need not be looked at.
    private var isAllDefined = false
    /// The entry after the page is known to start a row.
    private var pageEndsAtRow = true
    /// Of the entry before the page.
    private var lastDefinition: UInt8 = 0
    /// Held of the budget for the levels of a page.
    private var levelByteCount = 0

    var dictionary: LeafDictionary?
    /// Or known not to be there: it is looked for once.
    private var isDictionaryLoaded = false

    init(_ context: LeafContext, pages: PageReader) {
        self.context = context
        self.pages = pages
        leaf = context.leaf
        keepsLevels = context.planned.keepsLevels
        decodesValues = context.planned.decodesValues
        budget = context.budget
        values = PlainDecoder.empty(context.budget)
        output = context.output()
    }

    deinit {
        output.giveBack()
        budget.release(levelByteCount)
    }

    /// Twice what a batch takes at most (`RowGroupReader`): room for more is taken as it is needed.
    private static let reservedByteCountMax = 16 << 20

    private var isFlat: Bool { leaf.greatestRepetitionLevel == 0 }
    private var greatest: UInt8 { UInt8(leaf.greatestDefinitionLevel) }

    // MARK: Rows

    /// Appends the next `count` rows to the batch.
    ///
    /// - Throws: `.corruptFile` where the chunk ends before or its levels cannot be, `.unsupportedFeature`, `.overBudget`, `.io`.
    func read(_ count: Int) throws {
        do {
            if isFlat { try readFlat(count) } else { try readNested(count, isSkipped: false) }
        } catch let error as PageError {
            throw pages.fault(error)
        }
    }

    /// Passes over the next `count` rows, over whole pages without inflating them where their row counts are known.
    func skip(_ count: Int) throws {
        do {
            if isFlat { try skipFlat(count) } else { try readNested(count, isSkipped: true) }
        } catch let error as PageError {
            throw pages.fault(error)
        }
    }

    /// The rows read since the last call, as a column of the leaf's slots in the innermost list, and their levels.
    func take() -> LeafOutput {
        defer {
            repetitionLevels = []
            definitionLevels = []
        }
        // Invariant: levels stand side by side, none above the leaf's greatest; what reads them loops without asking.
        assert(isFlat || repetitionLevels.count == definitionLevels.count)
        assert(definitionLevels.allSatisfy { $0 <= leaf.greatestDefinitionLevel } && repetitionLevels.allSatisfy { $0 <= leaf.greatestRepetitionLevel })
        assert(!decodesValues || output.count == output.validity.count)
        return LeafOutput(
            column: decodesValues ? output.finish() : nil, repetitionLevels: repetitionLevels,
            definitionLevels: definitionLevels)
    }

    /// Flat leaves: an entry is a row, and parts end where pages do.
    private func readFlat(_ count: Int) throws {
        if output.isEmpty { output.reserve(count) }
        var left = count
        while left > 0 {
            if entriesLeft == 0 {
                try nextPage()
                continue
            }
            let part = min(left, entriesLeft)
            if decodesValues, output.values.kind == .bytes { reserveBytes(left) }
            try readFlatPart(part)
            entriesLeft -= part
            left -= part
        }
    }

    /// Makes room for the bytes of a batch, judging by the page: grown, they would be copied and their pages touched twice. More than is wanted,
    /// so that batches much like this one fit in after it.
    private func reserveBytes(_ rowCount: Int) {
        guard output.isEmpty, let perValue = values.byteCount(perValueOf: entriesLeft) else { return }
        let wanted = rowCount * (perValue + perValue / 16 + 1)
        guard wanted > output.values.arrays.bytes.capacity, wanted <= Self.reservedByteCountMax, wanted <= (budget.byteCountMax - budget.held) / 4 else { return }
        output.makeRoom(byteCount: wanted)
    }

    /// `count` entries of the page at hand: validity first, then as many values as it has ones.
    private func readFlatPart(_ count: Int) throws(PageError) {
        let start = output.validity.count
        var valueCount = count
        if keepsLevels { try budget.holdForBatch(count) }
        if isAllDefined {
            if keepsLevels { definitionLevels.append(contentsOf: repeatElement(greatest, count: count)) }
            output.validity.append(repeating: true, count)
        } else if definitionRuns != nil {
            valueCount = try definitionRuns?.appendValidity(count, to: &output.validity) ?? count
            if keepsLevels { keepValidityAsLevels(start, count) }
        } else {
            valueCount = try appendLevels(count)
        }
        if decodesValues { try appendValues(valueCount, slots: count, start: start) }
    }

    /// Levels 0 and 1 from validity bits.
    private func keepValidityAsLevels(_ start: Int, _ count: Int) {
        guard output.validity.hasNulls else {
            definitionLevels.append(contentsOf: repeatElement(1, count: count))
            return
        }
        for index in 0..<count { definitionLevels.append(UInt8(output.validity.word(at: start + index) & 1)) }
    }

    /// From the page's byte levels at the cursor, to validity.
    /// - Returns: how many of them have values.
    private func appendLevels(_ count: Int) throws(PageError) -> Int {
        let from = cursor
        cursor += count
        if keepsLevels { definitionLevels.append(contentsOf: pageDefinition[from..<cursor]) }
        return try appendSlots(from, count).valueCount
    }

    /// Passes over rows in three ways, the cheapest first: whole pages by the offset index, whole pages by their headers, values within a page.
    private func skipFlat(_ count: Int) throws {
        var left = count
        while left > 0 {
            if entriesLeft == 0 {
                // Between pages alone: within one the index cannot help.
                left -= pages.skipByIndex(left)
                if left == 0 { break }
                try nextOutline()
                if let rows = pages.outline?.rowCount, rows <= left {
                    left -= rows
                    continue
                }
                try loadPage()
                continue
            }
            let part = min(left, entriesLeft)
            var valueCount = part
            if !isAllDefined {
                if definitionRuns != nil {
                    valueCount = try definitionRuns?.skipCountingOnes(part) ?? part
                } else {
                    valueCount = LevelKernels.count(pageDefinition, cursor, part, atLeast: greatest)
                    cursor += part
                }
            }
            try skipValues(valueCount)
            entriesLeft -= part
            left -= part
        }
    }

    private func skipValues(_ count: Int) throws(PageError) {
        if decodesValues, count > 0 { try values.skip(count) }
    }

    // MARK: Nested rows

    /// Takes entries up to the start of the row after the next `count` ones.
    ///
    /// A row is known to be over only where the next one starts. So it stays open when its entries so far are taken: the loop ends at an entry with
    /// repetition level 0, at a page that is known to begin a row, or at the chunk's end.
    private func readNested(_ count: Int, isSkipped: Bool) throws {
        var rowsLeft = count
        /// Whether entries may follow that belong to the last row.
        var isRowOpen = false
        while rowsLeft > 0 || isRowOpen {
            if entriesLeft == 0 {
                // The page after begins a row: it need not even be looked at.
                if isRowOpen, pageEndsAtRow, rowsLeft == 0 { break }
                if isSkipped, !isRowOpen || pageEndsAtRow {
                    rowsLeft -= pages.skipByIndex(rowsLeft)
                    if rowsLeft == 0 { break }
                }
                // The chunk's end ends its last row, too.
                guard try pages.advance() else {
                    if rowsLeft == 0 { break }
                    throw PageError.outOfRange("the row count of the column chunk", value: -rowsLeft)
                }
                // All rows of the page, and no part of a further one: it is passed over as it lies.
                if isSkipped, let outline = pages.outline, outline.endsAtRow, let rows = outline.rowCount, rows <= rowsLeft {
                    rowsLeft -= rows
                    pageEndsAtRow = true
                    isRowOpen = false
                    continue
                }
                try loadPage()
                continue
            }
            // No more than the rows that are left, and all entries that go on with the last of them.
            let (entries, rows) = LevelKernels.rows(pageRepetition, cursor, entriesLeft, upTo: rowsLeft)
            // What goes on with a row, where none is open, belongs to nothing.
            if !isRowOpen, entries > 0, pageRepetition[cursor] != 0 {
                throw PageError.outOfRange("the first repetition level of a row", value: Int(pageRepetition[cursor]))
            }
            if entries == 0, rowsLeft == 0 { break }
            if isSkipped { try skipEntries(entries) } else { try readEntries(entries) }
            rowsLeft -= rows
            isRowOpen = true
            if entriesLeft > 0, rowsLeft == 0 { break }
        }
    }

    /// Takes `count` entries of the page at hand into the output.
    private func readEntries(_ count: Int) throws(PageError) {
        let from = cursor
        cursor += count
        entriesLeft -= count
        if keepsLevels {
            try budget.holdForBatch(2 * count)
            repetitionLevels.append(contentsOf: pageRepetition[from..<cursor])
            if isAllDefined {
                definitionLevels.append(contentsOf: repeatElement(greatest, count: count))
            } else {
                definitionLevels.append(contentsOf: pageDefinition[from..<cursor])
            }
        }
        if !decodesValues { return }
        let start = output.validity.count
        if isAllDefined {
            output.validity.append(repeating: true, count)
            try appendValues(count, slots: count, start: start)
        } else {
            let (slots, valueCount) = try appendSlots(from, count)
            try appendValues(valueCount, slots: slots, start: start)
        }
    }

    /// Values have to be passed over even so: the decoder stands where the entries do.
    private func skipEntries(_ count: Int) throws(PageError) {
        let valueCount = isAllDefined ? count : LevelKernels.count(pageDefinition, cursor, count, atLeast: greatest)
        cursor += count
        entriesLeft -= count
        try skipValues(valueCount)
    }

    /// Appends to the validity one bit for each of the `count` entries that has a slot in the innermost list.
    ///
    /// - Returns: how many slots they have, and how many of these have values.
    private func appendSlots(_ from: Int, _ count: Int) throws(PageError) -> (slots: Int, valueCount: Int) {
        let valueCount = LevelKernels.count(pageDefinition, from, count, atLeast: greatest)
        if valueCount == count {
            output.validity.append(repeating: true, count)
            return (count, count)
        }
        let slotLevel = UInt8(leaf.slotLevel)
        let slots = slotLevel == 0 ? count : LevelKernels.count(pageDefinition, from, count, atLeast: slotLevel)
        // The entries without a value have no slot either: empty and NULL lists.
        if slots == valueCount {
            output.validity.append(repeating: true, slots)
        } else if slots == count {
            try output.validity.append(count) { (bits) throws(PageError) in
                pageDefinition.withUnsafeBufferPointer {
                    // Safe: the page has more than zero entries.
                    bits.append($0.baseAddress.unsafelyUnwrapped + from, count, atLeast: greatest)
                }
            }
        } else {
            try output.validity.append(slots) { (bits) throws(PageError) in
                for level in pageDefinition[from..<from + count] where level >= slotLevel {
                    bits.append(level == greatest ? 1 : 0, 1)
                }
            }
        }
        return (slots, valueCount)
    }

    // MARK: Pages

    private func nextOutline() throws {
        guard try pages.advance() else {
            throw PageError.truncated("the column chunk: it has fewer rows than the row group")
        }
    }

    private func nextPage() throws {
        try nextOutline()
        try loadPage()
    }

    /// Reads the page that is outlined, and begins its levels and values.
    ///
    /// The dictionary is loaded before the page, in whose place in the scratch memory it is inflated.
    private func loadPage() throws {
        guard let outline = pages.outline else { return }
        // What the decoder of the page before holds of the budget goes before more is asked for.
        if decodesValues { values = PlainDecoder.empty(budget) }
        if decodesValues, !isDictionaryLoaded, Self.encoding(outline.header).isDictionary { try loadDictionary() }
        let content = try pages.load()
        entriesLeft = content.valueCount
        pageEndsAtRow = outline.endsAtRow
        cursor = 0
        try readLevels(content)
        if decodesValues {
            values = try context.decoder(content.values, content.encoding, valueCount: content.valueCount, frame: content.frame)
            if values.isOfCodes, dictionary == nil {
                throw PageError.unsupported("a page of dictionary codes without a dictionary")
            }
        }
        if !isFlat, let rows = outline.rowCount {
            // Where a page is passed over its rows are counted by header or index: its levels must have as many.
            let starts = pageRepetition.count - LevelKernels.count(pageRepetition, 0, pageRepetition.count, atLeast: 1)
            guard starts == rows else { throw PageError.outOfRange("the page's row count", value: rows) }
        }
    }

    private static func encoding(_ header: PageHeader) -> PageEncoding {
        switch header.kind {
        case .data(let data): data.encoding
        case .dataV2(let data): data.encoding
        case .dictionary, .other: .plain
        }
    }

    /// Prepares the page's levels as far as they are needed.
    ///
    /// Flat leaves with one level keep its runs, and most often learn from the first one that nothing is NULL. All others have their levels unpacked,
    /// one byte each.
    private func readLevels(_ content: PageContent) throws(PageError) {
        definitionRuns = nil
        isAllDefined = leaf.greatestDefinitionLevel == 0
        if isFlat, leaf.greatestDefinitionLevel == 1, case .hybrid(let levels) = content.definitionLevels {
            var runs = try HybridDecoder(levels, width: 1)
            if try runs.uniformRun(of: 1, atMost: content.valueCount) == content.valueCount {
                isAllDefined = true
            } else {
                definitionRuns = runs
            }
            return
        }
        // Most pages of lists have an element in every entry, and say so in one run.
        if !isAllDefined, case .hybrid(let levels) = content.definitionLevels {
            var runs = try HybridDecoder(levels, width: Levels.width(leaf.greatestDefinitionLevel))
            isAllDefined = try runs.uniformRun(of: UInt32(greatest), atMost: content.valueCount) == content.valueCount
        }
        if !isAllDefined {
            try fill(
                &pageDefinition, content.definitionLevels, greatest: leaf.greatestDefinitionLevel, content.valueCount)
            isAllDefined =
                LevelKernels.count(pageDefinition, 0, content.valueCount, atLeast: greatest) == content.valueCount
        }
        if !isFlat {
            try fill(&pageRepetition, content.repetitionLevels, greatest: leaf.greatestRepetitionLevel, content.valueCount)
            try checkLists()
        }
    }

    /// Offsets of lists are made of levels that agree with each other, and only of such.
    ///
    /// - Throws: `.outOfRange` where an element goes on with a list that has none (docs/decisions/0029-files-from-outside.md).
    private func checkLists() throws(PageError) {
        if isAllDefined {
            guard let first = pageRepetition.first else { return }
            // All entries have an element in every list: what the first of them goes on with may have none.
            for (index, level) in leaf.elementLevels.enumerated() where Int(first) > index && lastDefinition < level {
                throw .outOfRange("the repetition level of an element, whose list has none", value: index + 1)
            }
            lastDefinition = greatest
            return
        }
        guard let last = pageDefinition.last else { return }
        for (index, level) in leaf.elementLevels.enumerated()
        where LevelKernels.breaksList(
            pageRepetition, pageDefinition, previous: lastDefinition, depth: UInt8(index + 1), elementLevel: level)
        {
            throw .outOfRange("the repetition level of an element, whose list has none", value: index + 1)
        }
        lastDefinition = last
    }

    /// Unpacks the levels of a page into `target`, whose memory is kept from page to page and charged to the budget as it grows.
    private func fill(
        _ target: inout [UInt8], _ levels: PageContent.LevelBytes, greatest: Int, _ count: Int
    ) throws(PageError) {
        if target.capacity < count {
            try budget.hold(count - target.capacity)
            levelByteCount += count - target.capacity
        }
        target.removeAll(keepingCapacity: true)
        try target.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (buffer, filled) throws(PageError) in
                guard let base = buffer.baseAddress, count > 0 else { return }
                switch levels {
                case .none: base.update(repeating: UInt8(greatest), count: count)
                case .hybrid(let bytes):
                    var runs = try HybridDecoder(bytes, width: Levels.width(greatest))
                    try runs.decodeLevels(into: base, count: count, greatest: UInt8(greatest))
                case .packed(let bytes):
                    try BitPackedLevels.decode(
                        bytes, width: Levels.width(greatest), count: count, greatest: UInt8(greatest), into: base)
                }
                filled = count
            }
        }
    }

    /// The chunk's dictionary, read before its first page; nil when it has none.
    ///
    /// - Throws: as `read`.
    func dictionaryEntries() throws -> DictionaryValues? {
        do {
            if decodesValues, !isDictionaryLoaded { try loadDictionary() }
            return dictionary?.shared
        } catch let error as PageError {
            throw pages.fault(error)
        }
    }

    private func loadDictionary() throws {
        isDictionaryLoaded = true
        guard let (bytes, count) = try pages.loadDictionary() else { return }
        dictionary = try LeafDictionary(bytes, count: count, context: context)
    }
}

/// What a leaf gives for one batch.
///
/// Levels are empty where the plan does not keep them, and repetition levels outside of lists.
struct LeafOutput {
    /// Nil when only the levels were wanted.
    let column: Column?
    let repetitionLevels: [UInt8]
    let definitionLevels: [UInt8]
}

extension HybridDecoder {
    /// Appends `count` values of width 1 as validity, runs as runs.
    ///
    /// - Returns: how many are 1.
    mutating func appendValidity(_ count: Int, to validity: inout ValidityBuilder) throws(PageError) -> Int {
        var left = count
        var ones = 0
        while left > 0 {
            // A run of ones, which is what columns mostly have, costs a count and no bits as long as there was no NULL.
            let run = try uniformRun(of: 1, atMost: left)
            if run > 0 {
                validity.append(repeating: true, run)
                try skip(run)
                ones += run
                left -= run
            } else {
                let part = min(left, currentRunCount)
                var set = 0
                try validity.append(part) { (bits) throws(PageError) in
                    let before = bits.setCount
                    try appendBits(part, to: &bits)
                    set = bits.setCount - before
                }
                ones += set
                left -= part
            }
        }
        return ones
    }

    /// Passes over `count` values of width 1.
    ///
    /// - Returns: how many of them are 1.
    mutating func skipCountingOnes(_ count: Int) throws(PageError) -> Int {
        var validity = ValidityBuilder()
        return try appendValidity(count, to: &validity)
    }
}
