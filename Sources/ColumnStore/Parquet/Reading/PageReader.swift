// A column chunk (parquet-format, README.md, "Data Pages"): a dictionary page or none, then data pages, each a header (`PageHeader`) and a body.
//   version 1   compressed as a whole: repetition levels, definition levels, values; levels of RLE come after their length in 4 bytes
//   version 2   repetition levels and definition levels, whose lengths are in the header, then the values, which alone may be compressed
// Levels whose greatest is 0 are left out. The CRC of a header is of the body as it lies in the file.

/// The body of a data page, inflated and divided into its parts. Its bytes live until the reader's next page.
struct PageContent {
    /// How a page's levels lie.
    enum LevelBytes {
        /// There are none: every level is the greatest.
        case none
        case hybrid(UnsafeRawBufferPointer)
        /// The encoding of the format's first version.
        case packed(UnsafeRawBufferPointer)
    }

    let valueCount: Int
    /// Of the values.
    let encoding: PageEncoding
    let repetitionLevels: LevelBytes
    let definitionLevels: LevelBytes
    let values: UnsafeRawBufferPointer
    /// What the values are the content of, where they are inflated as they are needed.
    var frame: GrowingFrame?
}

/// What is known of a data page from its header or the offset index, before its body is touched.
///
/// Enough to pass over the page: so a scan that wants rows far apart reads headers, not bodies.
struct PageOutline {
    let offset: Int64
    let headerByteCount: Int
    let header: PageHeader
    let valueCount: Int
    /// Nil where only the levels tell: a page of version 1 without an offset index.
    let rowCount: Int?
    /// Whether the next page is known to begin a row.
    let endsAtRow: Bool
}

/// The shape of a column chunk, checked against the file before anything of it is read.
///
/// Made by `ParquetFile.layout`; `locations` are put in where a scan has read the offset index.
struct ChunkLayout {
    let column: String
    let codec: CompressionCodec
    /// Of all pages: level pairs.
    let valueCount: Int
    /// Of the first page, the dictionary's if there is one.
    /// It ends a little past what the footer says (`ParquetFile.layout`), as old files need.
    let range: Range<Int64>
    let greatestRepetitionLevel: Int
    let greatestDefinitionLevel: Int
    /// Whether pages are compressed whatever their headers say (`WritingProgram`).
    let isAlwaysCompressed: Bool
    /// Pages by the offset index, with their row counts; nil when it was not read.
    var locations: [PageLocation]?
    /// What `locations` take of the budget, as long as some copy of the layout is there.
    var locationShare: BudgetShare?
    let rowCount: Int
    /// Data pages by the footer; nil when it does not say.
    let pageCount: Int?
}

/// Walks the pages of one column chunk in order: outline, then, if wanted, content.
///
/// One owner on one thread.
///
/// Pages are found by their headers, one after another, or by the offset index, which allows to pass over pages unread. The dictionary page may be
/// loaded whenever no body is in use.
///
/// Invariants:
/// 1. `outline` is the page of the last `advance`, nil at the chunk's end.
/// 2. At most one body is at hand: the bytes of `PageContent` are good until the next body or dictionary is read.
/// 3. Without an index, `position` is where the next header stands, and `valuesLeft` the entries from there on.
final class PageReader {
    let layout: ChunkLayout
    private let path: String
    private let source: ChunkBytes
    private let decompressor: PageDecompressor
    /// Whether bodies are compared with the CRCs of their headers.
    private let isChecked: Bool
    /// Whether few values of a page may be wanted.
    private let isSparse: Bool
    /// Room for one inflated page.
    private let inflated: ScratchBytes
    /// Of the page at hand, if it is inflated as it is needed.
    private var frame: GrowingFrame?
    /// Keeps an uncompressed page's bytes alive.
    private var content: ByteRegion?
    private var position: Int64
    /// Level pairs of pages not yet outlined.
    private var valuesLeft: Int
    private var nextLocation = 0
    private(set) var outline: PageOutline?
    /// Data pages whose bodies were read.
    private(set) var loadedPageCount = 0
    private(set) var hasReadDictionary = false
    /// Spent on inflating so far, the page at hand included; so are the bytes below.
    var inflateNanoseconds: Int { wholeNanoseconds + (frame?.nanoseconds ?? 0) }
    private var wholeNanoseconds = 0
    var inflatedByteCount: Int { wholeByteCount + (frame?.readyByteCount ?? 0) }
    private var wholeByteCount = 0
    /// Data pages of the chunk; where neither an index nor the footer tells, those come by so far.
    var pageCount: Int { max(layout.locations?.count ?? layout.pageCount ?? 0, outlinedPageCount) }
    private var outlinedPageCount = 0

    init(layout: ChunkLayout, context: ChunkContext, source: ChunkBytes, isSparse: Bool) {
        self.layout = layout
        self.isSparse = isSparse
        path = context.path
        self.source = source
        decompressor = context.decompressor
        isChecked = context.options.verifiesChecksums
        inflated = ScratchBytes(budget: context.budget)
        position = layout.range.lowerBound
        valuesLeft = layout.valueCount
    }

    /// Adds the place to what is wrong with the page at hand.
    func fault(_ error: PageError) -> ColumnStoreError {
        ColumnStoreError(error, path: path, column: layout.column, offset: outline?.offset ?? position)
    }

    private func corrupt(_ detail: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: path, column: layout.column, offset: position, detail)
    }

    // MARK: Outlines

    /// Steps to the next data page.
    ///
    /// - Returns: false at the chunk's end.
    ///
    /// - Throws: `.corruptFile` for headers that contradict the chunk or its index, `.io`, `.overBudget`.
    func advance() throws -> Bool {
        outline = nil
        if layout.locations != nil { return try advanceByIndex() }
        while valuesLeft > 0 {
            let (header, headerByteCount) = try readHeader()
            let start = position
            position += Int64(headerByteCount) + Int64(header.compressedByteCount)
            if position > layout.range.upperBound { throw corrupt("a page reaches past the end of its column chunk") }
            // Dictionary pages, and kinds that the format may get yet.
            guard let found = try outlined(header, at: start, headerByteCount, rowCount: nil) else { continue }
            valuesLeft -= found.valueCount
            guard valuesLeft >= 0 else {
                throw corrupt("the pages have more values than the \(layout.valueCount) of the column chunk")
            }
            outline = found
            outlinedPageCount += 1
            return true
        }
        return false
    }

    /// The row number at which the page at `index` of the offset index ends.
    private func endRow(_ locations: [PageLocation], _ index: Int) -> Int {
        index + 1 < locations.count ? Int(locations[index + 1].firstRowIndex) : layout.rowCount
    }

    private func advanceByIndex() throws -> Bool {
        guard let locations = layout.locations, nextLocation < locations.count else { return false }
        let location = locations[nextLocation]
        let rowCount = endRow(locations, nextLocation) - Int(location.firstRowIndex)
        nextLocation += 1
        position = location.offset
        let (header, headerByteCount) = try readHeader()
        // Both were written by the same hand: where they differ one is damaged, and rows would be taken for others.
        guard headerByteCount + Int(header.compressedByteCount) == Int(location.compressedByteCount) else {
            throw corrupt("the page is not as long as the offset index says")
        }
        guard let found = try outlined(header, at: position, headerByteCount, rowCount: rowCount) else {
            throw corrupt("the offset index points at a page that holds no data")
        }
        outline = found
        return true
    }

    /// Passes over whole pages by the offset index alone, without reading their headers.
    ///
    /// - Returns: how many rows they had; at most `rowCount`.
    func skipByIndex(_ rowCount: Int) -> Int {
        guard let locations = layout.locations else { return 0 }
        var skipped = 0
        while nextLocation < locations.count {
            let rows = endRow(locations, nextLocation) - Int(locations[nextLocation].firstRowIndex)
            if skipped + rows > rowCount { break }
            skipped += rows
            nextLocation += 1
        }
        return skipped
    }

    /// What a header says of its page, checked against the chunk and the offset index.
    ///
    /// - Returns: nil for a page that is none of data.
    private func outlined(
        _ header: PageHeader, at offset: Int64, _ headerByteCount: Int, rowCount: Int?
    ) throws -> PageOutline? {
        switch header.kind {
        case .data(let data):
            // Outside of lists each entry is a row.
            let flatCount = layout.greatestRepetitionLevel == 0 ? Int(data.valueCount) : nil
            if let rowCount, let flatCount, rowCount != flatCount {
                throw corrupt("the page has \(flatCount) rows, the offset index says \(rowCount)")
            }
            return PageOutline(
                offset: offset, headerByteCount: headerByteCount, header: header, valueCount: Int(data.valueCount),
                rowCount: rowCount ?? flatCount, endsAtRow: rowCount != nil || flatCount != nil)
        case .dataV2(let data):
            if let rowCount, rowCount != Int(data.rowCount) {
                throw corrupt("the page has \(data.rowCount) rows, the offset index says \(rowCount)")
            }
            guard data.rowCount <= data.valueCount, data.nullCount <= data.valueCount,
                layout.greatestRepetitionLevel > 0 || data.rowCount == data.valueCount
            else { throw corrupt("the page's counts of rows, NULLs and values contradict each other") }
            return PageOutline(
                offset: offset, headerByteCount: headerByteCount, header: header, valueCount: Int(data.valueCount),
                rowCount: Int(data.rowCount), endsAtRow: true)
        case .dictionary, .other: return nil
        }
    }

    /// The header at `position`, and how many bytes it takes.
    private func readHeader() throws -> (PageHeader, Int) {
        let left = Int(layout.range.upperBound - position)
        if left <= 0 { throw corrupt("the column chunk ends before its \(layout.valueCount) values") }
        // Statistics in a header may be long: the guess grows until the header is whole.
        var guess = min(left, 256)
        while true {
            let (bytes, region) = try source.bytes(at: position, atLeast: guess)
            defer { withExtendedLifetime(region) {} }
            do {
                let (header, byteCount) = try PageHeader.parse(bytes)
                return (header, byteCount)
            } catch {
                if error == .truncated || isLength(error), bytes.count < left {
                    guess = min(left, max(bytes.count, 256) * 4)
                    continue
                }
                throw corrupt("page header: \(error)")
            }
        }
    }

    /// A length past the end of the bytes may be that of a header not yet read whole.
    private func isLength(_ error: ThriftError) -> Bool {
        if case .lengthOutOfRange = error { return true }
        return false
    }

    // MARK: Contents

    /// Reads, checks, inflates and divides the page that is outlined.
    ///
    /// - Throws: `.corruptFile` for a wrong CRC, a length that differs, or bytes that the codec refuses; `.unsupportedFeature`, `.overBudget`, `.io`.
    func load() throws -> PageContent {
        guard let outline else { throw corrupt("no page is left") }
        let body = try readBody(outline.header, at: outline.offset + Int64(outline.headerByteCount))
        loadedPageCount += 1
        do {
            switch outline.header.kind {
            case .data(let data): return try divide(data, body, outline.header)
            case .dataV2(let data): return try divideV2(data, body, outline.header)
            case .dictionary, .other: throw corrupt("no data page")
            }
        } catch let error as PageError {
            throw fault(error)
        }
    }

    /// The dictionary page, if the chunk has one: its values, PLAIN, which live until the next page is loaded.
    ///
    /// - Throws: as `load`.
    func loadDictionary() throws -> (values: UnsafeRawBufferPointer, valueCount: Int)? {
        let resume = position
        defer { position = resume }
        position = layout.range.lowerBound
        let (header, headerByteCount) = try readHeader()
        guard case .dictionary(let dictionary) = header.kind else { return nil }
        guard dictionary.encoding == .plain || dictionary.encoding == .plainDictionary else {
            throw fault(.unsupported("a dictionary that is not PLAIN"))
        }
        guard position + Int64(headerByteCount) + Int64(header.compressedByteCount) <= layout.range.upperBound else {
            throw corrupt("the dictionary page reaches past the end of its column chunk")
        }
        let body = try readBody(header, at: position + Int64(headerByteCount))
        hasReadDictionary = true
        do {
            return (try inflate(body, Int(header.uncompressedByteCount)), Int(dictionary.valueCount))
        } catch {
            throw fault(error)
        }
    }

    /// The body as it lies in the file, checked where that is wanted.
    private func readBody(_ header: PageHeader, at offset: Int64) throws -> UnsafeRawBufferPointer {
        // Its room is the next page's.
        if let frame {
            wholeNanoseconds += frame.nanoseconds
            wholeByteCount += frame.readyByteCount
        }
        frame = nil
        let count = Int(header.compressedByteCount)
        let (bytes, region) = try source.bytes(at: offset, atLeast: count)
        content = region
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if isChecked, let expected = header.crc {
            let actual = Checksum.crc32(body)
            if actual != expected { throw fault(.checksum(expected: expected, actual: actual)) }
        }
        return body
    }

    /// Gives back `body` itself when nothing is compressed.
    ///
    /// - Throws: `.lengthMismatch` where the frame itself says another length than the header, before room is taken; `.memoryBudget`, `.codec`.
    private func inflate(_ body: UnsafeRawBufferPointer, _ byteCount: Int) throws(PageError) -> UnsafeRawBufferPointer {
        if layout.codec == .uncompressed {
            guard body.count == byteCount else { throw .lengthMismatch(expected: byteCount, actual: body.count) }
            return body
        }
        if let declared = PageDecompressor.declaredByteCount(layout.codec, body), declared != byteCount {
            throw .lengthMismatch(expected: byteCount, actual: declared)
        }
        let target = UnsafeMutableRawBufferPointer(start: try inflated.reserve(byteCount), count: byteCount)
        let start = SteadyClock.nanoseconds()
        try decompressor.decompress(layout.codec, body, into: target)
        wholeByteCount += byteCount
        wholeNanoseconds += Int(SteadyClock.nanoseconds() &- start)
        return UnsafeRawBufferPointer(target)
    }

    /// No less than a block of zstd's is inflated at a time.
    private static let growingByteCountMin = 128 << 10

    /// The page's values, to be inflated as they are needed; nil where they should be inflated whole. What is never inflated is not looked at, so
    /// that a sum must have said that the page is as it was written.
    private func growing(_ body: UnsafeRawBufferPointer, _ byteCount: Int, _ header: PageHeader) throws(PageError) -> GrowingFrame? {
        guard isSparse, layout.codec == .zstd, byteCount > Self.growingByteCountMin, isChecked, header.crc != nil else { return nil }
        return GrowingFrame(body, owner: content, into: UnsafeMutableRawBufferPointer(start: try inflated.reserve(byteCount), count: byteCount))
    }

    /// Version 1: all of the body is inflated, since levels stand in it.
    private func divide(
        _ data: DataPageHeader, _ body: UnsafeRawBufferPointer, _ header: PageHeader
    ) throws(PageError) -> PageContent {
        var rest = try inflate(body, Int(header.uncompressedByteCount))
        let count = Int(data.valueCount)
        let repetition = try takeLevels(
            &rest, data.repetitionLevelEncoding, greatest: layout.greatestRepetitionLevel, count)
        let definition = try takeLevels(
            &rest, data.definitionLevelEncoding, greatest: layout.greatestDefinitionLevel, count)
        return PageContent(
            valueCount: count, encoding: data.encoding, repetitionLevels: repetition, definitionLevels: definition,
            values: rest)
    }

    /// Takes levels from the beginning of `rest`.
    ///
    /// BIT_PACKED levels have no length before them: it follows from their number.
    private func takeLevels(
        _ rest: inout UnsafeRawBufferPointer, _ encoding: PageEncoding, greatest: Int, _ count: Int
    ) throws(PageError) -> PageContent.LevelBytes {
        if greatest == 0 { return .none }
        let byteCount: Int
        switch encoding {
        case .rle:
            guard rest.count >= 4 else { throw .truncated("the length of levels") }
            byteCount = Int(UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
            rest = UnsafeRawBufferPointer(rebasing: rest[4...])
        case .bitPacked:
            byteCount = BitPackedLevels.byteCount(count: count, width: Levels.width(greatest))
        default: throw .unsupported("this encoding of levels")
        }
        guard byteCount <= rest.count else { throw .lengthMismatch(expected: byteCount, actual: rest.count) }
        let levels = UnsafeRawBufferPointer(rebasing: rest[..<byteCount])
        rest = UnsafeRawBufferPointer(rebasing: rest[byteCount...])
        return encoding == .rle ? .hybrid(levels) : .packed(levels)
    }

    /// Version 2: levels are there without inflating, and the values may be left to be inflated as they are needed.
    private func divideV2(
        _ data: DataPageHeaderV2, _ body: UnsafeRawBufferPointer, _ header: PageHeader
    ) throws(PageError) -> PageContent {
        let repetitionCount = Int(data.repetitionLevelsByteCount)
        let definitionCount = Int(data.definitionLevelsByteCount)
        let levelCount = repetitionCount + definitionCount
        // The header's lengths are of levels and values together, though levels are never compressed.
        let uncompressed = Int(header.uncompressedByteCount)
        guard levelCount <= body.count, levelCount <= uncompressed else {
            throw .lengthMismatch(expected: levelCount, actual: min(body.count, uncompressed))
        }
        let repetition = UnsafeRawBufferPointer(rebasing: body[..<repetitionCount])
        let definition = UnsafeRawBufferPointer(rebasing: body[repetitionCount..<levelCount])
        var values = UnsafeRawBufferPointer(rebasing: body[levelCount...])
        let valueByteCount = uncompressed - levelCount
        if valueByteCount == 0 {
            // A page of NULLs alone: some writers compress the nothing into a few bytes.
            values = UnsafeRawBufferPointer(rebasing: values[..<0])
        } else if data.isCompressed || layout.isAlwaysCompressed || values.count != valueByteCount {
            // A header may say that nothing is compressed where it is: what is of another length is no values yet, and refused where there is no codec.
            frame = try growing(values, valueByteCount, header)
            if let frame { values = frame.content } else { values = try inflate(values, valueByteCount) }
        }
        return PageContent(
            valueCount: Int(data.valueCount), encoding: data.encoding,
            repetitionLevels: layout.greatestRepetitionLevel == 0 ? .none : .hybrid(repetition),
            definitionLevels: layout.greatestDefinitionLevel == 0 ? .none : .hybrid(definition), values: values, frame: frame)
    }
}

/// Facts about repetition and definition levels.
enum Levels {
    /// Deeper columns are refused, so that a level fits in seven bits.
    static let greatestSupported = 100

    /// Bits that levels of 0…`greatest` take.
    static func width(_ greatest: Int) -> Int { Int.bitWidth - greatest.leadingZeroBitCount }
}
