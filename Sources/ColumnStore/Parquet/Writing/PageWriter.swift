/// One data page as it goes into the file, and what the indexes say of it.
struct EncodedPage: Sendable {
    /// Header and body.
    var bytes: [UInt8]
    /// Header and body before compression.
    var uncompressedByteCount: Int
    var rowCount: Int
    var levelCount: Int
    /// Slots without a value: NULLs and empty lists.
    var nullCount: Int
    var nanCount: Int
    /// Nil when there is no value, nothing but NaN, or no bounds are wanted.
    var bounds: ValueBounds?
}

/// Makes the pages of one column chunk, each from a range of its slots and values. Immutable: pages are made side by side.
///
/// Levels and values are those of everything that a piece holds; a cut names the page's part of them. How a page lies in the file is said in
/// `PageReader.swift`.
struct PageWriter {
    let leaf: WriterLeaf
    let values: PageValues
    let encoding: ValueEncoding
    /// Nil when every slot has a value.
    let definitionLevels: [UInt8]?
    /// Empty outside of lists.
    let repetitionLevels: [UInt8]
    let version: Int
    let hasBounds: Bool

    /// Where a page begins and ends.
    ///
    /// Rows are whole: `levels` begins at a row's first slot. `values` are those of the levels that have one.
    struct Cut: Sendable {
        var levels: Range<Int>
        var values: Range<Int>
        var rowCount: Int
    }

    /// Encodes, compresses and sums up one page.
    ///
    /// - Throws: `.unsupported` for an encoding that is not of the values' type, `.outOfRange` for a page of 2 GiB, `.codec`.
    /// - Complexity: O(levels and values of the cut).
    func page(_ cut: Cut, compressor: PageCompressor) throws(PageError) -> EncodedPage {
        // A slot has a value or none, a row a slot or more: what the header says follows from these.
        precondition(cut.values.count <= cut.levels.count && cut.rowCount <= cut.levels.count && cut.values.upperBound <= values.count)
        assert(repetitionLevels.isEmpty || repetitionLevels[cut.levels].allSatisfy { $0 <= leaf.repetitionLevelMax })
        assert(definitionLevels == nil || definitionLevels?[cut.levels].count { $0 == leaf.definitionLevelMax } == cut.values.count)
        var repetitions: [UInt8] = []
        var definitions: [UInt8] = []
        encodeLevels(cut, &repetitions, &definitions)
        var body: [UInt8] = []
        try values.encode(cut.values, as: encoding, leaf: leaf, into: &body)
        let nullCount = cut.levels.count - cut.values.count
        let page: (bytes: [UInt8], uncompressedByteCount: Int)
        if version == 1 {
            page = try pageVersion1(cut, repetitions, definitions, body, compressor)
        } else {
            page = try pageVersion2(cut, nullCount, repetitions, definitions, body, compressor)
        }
        return EncodedPage(
            bytes: page.bytes, uncompressedByteCount: page.uncompressedByteCount, rowCount: cut.rowCount,
            levelCount: cut.levels.count, nullCount: nullCount, nanCount: values.nanCount(cut.values),
            bounds: hasBounds ? values.bounds(cut.values) : nil)
    }

    /// Runs without a length before them; version 1 puts it there.
    private func encodeLevels(_ cut: Cut, _ repetitions: inout [UInt8], _ definitions: inout [UInt8]) {
        if leaf.repetitionLevelMax > 0 {
            let width = RunLengthEncoder.bitWidth(max: leaf.repetitionLevelMax)
            repetitionLevels.withUnsafeBufferPointer { levels in
                RunLengthEncoder.encode(UnsafeBufferPointer(rebasing: levels[cut.levels]), bitWidth: width, into: &repetitions)
            }
        }
        if leaf.definitionLevelMax > 0 {
            let width = RunLengthEncoder.bitWidth(max: leaf.definitionLevelMax)
            if let definitionLevels {
                definitionLevels.withUnsafeBufferPointer { levels in
                    RunLengthEncoder.encode(
                        UnsafeBufferPointer(rebasing: levels[cut.levels]), bitWidth: width, into: &definitions)
                }
            } else {
                // Every slot has a value: one run, of which readers see in a glance that nothing is NULL.
                RunLengthEncoder.encodeRun(
                    of: UInt32(leaf.definitionLevelMax), count: cut.levels.count, bitWidth: width, into: &definitions)
            }
        }
    }

    /// Levels uncompressed before the values, so that a reader can count rows without inflating.
    private func pageVersion2(
        _ cut: Cut, _ nullCount: Int, _ repetitions: [UInt8], _ definitions: [UInt8], _ body: [UInt8],
        _ compressor: PageCompressor
    ) throws(PageError) -> ([UInt8], Int) {
        var stored = repetitions
        stored.append(contentsOf: definitions)
        let levelByteCount = stored.count
        try Self.compress(body, compressor, into: &stored)
        var isCompressed = true
        // What does not shrink is stored as it is, and read without inflating.
        if compressor.codec == .uncompressed || stored.count - levelByteCount >= body.count {
            stored.removeLast(stored.count - levelByteCount)
            stored.append(contentsOf: body)
            isCompressed = false
        }
        let header = DataPageHeaderV2(
            valueCount: Int32(cut.levels.count), nullCount: Int32(nullCount), rowCount: Int32(cut.rowCount),
            encoding: encoding.pageEncoding, definitionLevelsByteCount: Int32(definitions.count),
            repetitionLevelsByteCount: Int32(repetitions.count), isCompressed: isCompressed)
        return try Self.assemble(.dataV2(header), stored, uncompressedBodyByteCount: levelByteCount + body.count)
    }

    /// All of the body compressed together, levels after their lengths.
    private func pageVersion1(
        _ cut: Cut, _ repetitions: [UInt8], _ definitions: [UInt8], _ body: [UInt8], _ compressor: PageCompressor
    ) throws(PageError) -> ([UInt8], Int) {
        var whole: [UInt8] = []
        if leaf.repetitionLevelMax > 0 {
            whole.append(littleEndian: UInt32(repetitions.count))
            whole.append(contentsOf: repetitions)
        }
        if leaf.definitionLevelMax > 0 {
            whole.append(littleEndian: UInt32(definitions.count))
            whole.append(contentsOf: definitions)
        }
        whole.append(contentsOf: body)
        var stored: [UInt8] = []
        try Self.compress(whole, compressor, into: &stored)
        let header = DataPageHeader(valueCount: Int32(cut.levels.count), encoding: encoding.pageEncoding)
        return try Self.assemble(.data(header), stored, uncompressedBodyByteCount: whole.count)
    }

    /// The chunk's dictionary page, header and body.
    static func dictionaryPage(
        _ dictionary: PageDictionary, leaf: WriterLeaf, compressor: PageCompressor
    ) throws(PageError) -> (bytes: [UInt8], uncompressedByteCount: Int) {
        let body = try dictionary.encoded(leaf)
        var stored: [UInt8] = []
        try compress(body, compressor, into: &stored)
        let header = DictionaryPageHeader(valueCount: Int32(dictionary.count), encoding: .plain, isSorted: true)
        return try assemble(.dictionary(header), stored, uncompressedBodyByteCount: body.count)
    }

    private static func compress(
        _ body: [UInt8], _ compressor: PageCompressor, into target: inout [UInt8]
    ) throws(PageError) {
        try body.span.bytes.withUnsafeBytes { (body) throws(PageError) in
            _ = try compressor.compress(body, appendingTo: &target)
        }
    }

    /// Header and body, with the CRC of the body as it is stored.
    ///
    /// - Throws: `.outOfRange` for lengths that the header's 32 bits do not hold.
    private static func assemble(
        _ kind: PageHeader.Kind, _ stored: [UInt8], uncompressedBodyByteCount: Int
    ) throws(PageError) -> (bytes: [UInt8], uncompressedByteCount: Int) {
        guard let uncompressed = Int32(exactly: uncompressedBodyByteCount), let compressed = Int32(exactly: stored.count) else {
            throw .outOfRange("the page's length", value: max(uncompressedBodyByteCount, stored.count))
        }
        let crc = stored.withUnsafeBytes { Checksum.crc32($0) }
        let header = PageHeader(
            kind: kind, uncompressedByteCount: uncompressed, compressedByteCount: compressed, crc: crc)
        var bytes = header.serialized()
        let headerByteCount = bytes.count
        bytes.append(contentsOf: stored)
        return (bytes, headerByteCount + uncompressedBodyByteCount)
    }
}
