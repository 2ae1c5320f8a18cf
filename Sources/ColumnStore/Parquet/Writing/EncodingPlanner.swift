/// Chooses how the values of a leaf are encoded and compressed in a row group, by trying on a sample what each way makes of them.
///
/// 1. Strings come as codes as long as `LeafBuffer` had reason to keep a dictionary. Numbers are given one here, if they repeat.
/// 2. Every other encoding of the type is tried on a sample from the middle, and compressed. The first is the quickest to read; a later one has to be
///    3 % smaller.
/// 3. A dictionary is taken where it is no more than 5 % larger than the smallest of these.
/// 4. Strings end to end are compressed with longer repetitions alone, where that is no larger and the options do not say how hard to compress.
///
/// docs/decisions/0006-parquet-writer.md has the figures. A planner is made for one plan, and used by one thread.
struct EncodingPlanner {
    let leaf: WriterLeaf
    let options: ColumnWriterOptions
    let fileOptions: WriterOptions
    private let compressors: PageCompressors
    /// Of the effort that was asked for.
    private let compressor: PageCompressor
    private let effort: CompressionEffort

    /// What pages are made of.
    struct Plan {
        let values: PageValues
        let encoding: ValueEncoding
        let effort: CompressionEffort
    }

    init(
        leaf: WriterLeaf, options: ColumnWriterOptions, fileOptions: WriterOptions, compressors: PageCompressors
    ) throws(PageError) {
        self.leaf = leaf
        self.options = options
        self.fileOptions = fileOptions
        self.compressors = compressors
        effort = options.effort ?? CompressionEffort(level: fileOptions.compressionLevel)
        compressor = try compressors.compressor(effort)
    }

    /// As many values as tell the encodings apart; more cost time only.
    private static let sampleValueCount = 8_192
    private static let sampleByteCount = 256 << 10
    /// A dictionary is taken though something else is a little smaller: it is quickest to read, and filters are tested once an entry.
    private static let dictionaryAllowance = 1.05

    /// - Parameter isWhole: whether these are all values of the row group, so that a dictionary is in question.
    func plan(_ storage: LeafBuffer.Storage, isWhole: Bool) throws(PageError) -> Plan {
        let (values, encoding) = try encodingPlan(storage, isWhole: isWhole)
        return Plan(values: values, encoding: encoding, effort: try measuredEffort(values, encoding))
    }

    private typealias EncodingPlan = (values: PageValues, encoding: ValueEncoding)

    /// - Returns: the values in the form that the encoding takes.
    private func encodingPlan(_ storage: LeafBuffer.Storage, isWhole: Bool) throws(PageError) -> EncodingPlan {
        switch storage {
        case .plain(let values):
            if isWhole, let plan = try planDictionary(values) { return plan }
            return try planOther(.plain(values))
        case .codes(let codes, let dictionary): return try planCodes(codes, dictionary)
        }
    }

    private var candidates: [ValueEncoding] { ValueEncoding.candidates(for: leaf.physicalType) }

    /// The encoding that the options name, where the type has it; else the smallest, or without measuring the usual one.
    private func planOther(_ values: PageValues) throws(PageError) -> EncodingPlan {
        let candidates = candidates
        if let forced, candidates.contains(forced) { return (values, forced) }
        guard fileOptions.measuresEncodings, candidates.count > 1, values.count > 0 else {
            return (values, unmeasured(values))
        }
        return (values, try smallest(values).encoding)
    }

    private var forced: ValueEncoding? {
        switch options.encoding {
        case .automatic, .dictionary: nil
        case .only(let encoding): ValueEncoding(rawValue: encoding.rawValue)
        }
    }

    /// What is usually right, for files that aren't worth a measurement.
    private func unmeasured(_ values: PageValues) -> ValueEncoding {
        switch values {
        case .plain(.int32), .plain(.int64): .deltaBinaryPacked
        case .plain, .codes: .plain
        }
    }

    /// The candidate that takes least room, and how much for all values, as far as the sample tells.
    ///
    /// - Precondition: there is a value.
    private func smallest(_ values: PageValues) throws(PageError) -> (encoding: ValueEncoding, byteCount: Double) {
        let sample = sampleRange(values)
        var best: (encoding: ValueEncoding, byteCount: Double)?
        for encoding in candidates {
            let byteCount = try compressedByteCount(values, sample, encoding) * Double(values.count) / Double(sample.count)
            // The first is the quickest to read; others must be worth their decoding.
            if best.map({ byteCount < $0.byteCount * 0.97 }) ?? true { best = (encoding, byteCount) }
        }
        guard let best else { preconditionFailure("no candidates") }
        return best
    }

    /// A piece out of the middle: the start of a sorted row group may be unlike the rest.
    ///
    /// Strings end the sample at 256 KiB, with one of them at least.
    private func sampleRange(_ values: PageValues) -> Range<Int> {
        let count = min(values.count, Self.sampleValueCount)
        let start = (values.count - count) / 2
        guard case .plain(.bytes(let arrays)) = values else { return start..<start + count }
        var end = start
        while end < start + count, arrays.range(at: end).upperBound - arrays.range(at: start).lowerBound <= Self.sampleByteCount {
            end += 1
        }
        return start..<max(end, start + 1)
    }

    private func compressedByteCount(
        _ values: PageValues, _ range: Range<Int>, _ encoding: ValueEncoding, _ compressor: PageCompressor? = nil
    ) throws(PageError) -> Double {
        var encoded: [UInt8] = []
        try values.encode(range, as: encoding, leaf: leaf, into: &encoded)
        return try compressedByteCount(encoded, compressor)
    }

    /// What is stored, and what unpacking it costs.
    ///
    /// A page that does not shrink is stored as it is: no more than its own length counts.
    private func compressedByteCount(_ bytes: [UInt8], _ other: PageCompressor? = nil) throws(PageError) -> Double {
        var compressed: [UInt8] = []
        let byteCount = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(PageError) in
            try (other ?? compressor).compress(bytes, appendingTo: &compressed)
        }
        return Double(min(byteCount, bytes.count)) + fileOptions.unpackedByteWeight * Double(bytes.count)
    }

    // MARK: Effort

    /// Whether it is left to the writer how hard to compress, and its codec has more ways than levels.
    private var choosesEffort: Bool { options.effort == nil && fileOptions.codec == .zstd && fileOptions.measuresEncodings }

    /// The effort asked for, or the same passing over short repetitions, where that is no larger: in random text they are chance, and cost
    /// more time than they save room, both when they are looked for and when they are copied.
    private func measuredEffort(_ values: PageValues, _ encoding: ValueEncoding) throws(PageError) -> CompressionEffort {
        guard choosesEffort, case .plain(.bytes) = values, values.count > 0 else { return effort }
        var long = effort
        long.minMatch = CompressionEffort.longMatch
        let sample = sampleRange(values)
        let own = try compressedByteCount(values, sample, encoding)
        return try compressedByteCount(values, sample, encoding, compressors.compressor(long)) <= own ? long : effort
    }

    /// How to lay out a column of long strings: in large pages with as long a memory of what was seen, where that is worth a page's slower
    /// reading. Nil where there is too little of them to tell, or the caller has said how.
    ///
    /// - Complexity: compresses the first 8 MiB of the strings twice.
    func bulkyLayout(_ plan: Plan) throws(PageError) -> BulkyLayout? {
        guard choosesEffort, options.pageByteCount == nil, case .plain(.bytes(let arrays)) = plan.values,
            arrays.bytes.count >= BulkyLayout.pageByteCount
        else { return nil }
        var page: [UInt8] = []
        let end = arrays.offsets.firstIndex { Int($0) >= BulkyLayout.pageByteCount } ?? arrays.count
        try plan.values.encode(0..<end, as: plan.encoding, leaf: leaf, into: &page)
        let large = BulkyLayout.large(level: effort.level)
        let whole = try compressedByteCount(page, compressors.compressor(large.effort))
        let own = try compressors.compressor(plan.effort)
        var parts = 0.0
        for start in stride(from: 0, to: page.count, by: fileOptions.pageByteCount) {
            parts += try compressedByteCount(Array(page[start..<min(start + fileOptions.pageByteCount, page.count)]), own)
        }
        let small = BulkyLayout(effort: plan.effort, pageByteCount: fileOptions.pageByteCount)
        return Double(whole) <= BulkyLayout.worthwhile * Double(parts) ? large : small
    }

    // MARK: Dictionaries

    /// A plan with a dictionary of numbers of up to 64 bits, or nil when another encoding is better.
    ///
    /// - Parameter plain: all values of the row group, so that one dictionary serves them.
    private func planDictionary(_ plain: TypedArray) throws(PageError) -> EncodingPlan? {
        let count = plain.count
        guard options.encoding == .automatic || options.encoding == .dictionary, count > 0 else { return nil }
        guard fileOptions.measuresEncodings || options.encoding == .dictionary else { return nil }
        let isForced = options.encoding == .dictionary
        // Eight bytes an entry; and unless a dictionary is asked for, values come four times each at least.
        let countMax = min(fileOptions.dictionaryByteCount / 8, isForced ? count : count / 4)
        guard let values = Self.wide(plain) else { return nil }
        var encoder = IntegerDictionaryEncoder(countMax: countMax)
        // Most columns that repeat too little show it in the first rows.
        let trial = min(count, 4 * Self.sampleValueCount)
        let made = values.withUnsafeBufferPointer { values in
            encoder.encode(
                values, countMax: countMax, trialCount: trial - 1, trialCountMax: isForced ? countMax : trial / 2)
        }
        guard var codes = made else { return nil }
        let dictionary: PageDictionary =
            plain.kind == .double ? .sortedDoubles(encoder.entries, &codes) : .sorted(encoder.entries, &codes, isWide: plain.kind == .int128)
        let plan: EncodingPlan = (.codes(codes, dictionary), .rleDictionary)
        if isForced { return plan }
        let others = try smallest(.plain(plain))
        let own = try dictionaryByteCount(plan.values, dictionary)
        return own <= others.byteCount * Self.dictionaryAllowance ? plan : nil
    }

    /// Numbers in 64 bits: doubles by their bits; nil for what is none, or does not fit.
    private static func wide(_ plain: TypedArray) -> [Int64]? {
        switch plain {
        case .int32(let values): return values.map { Int64($0) }
        case .int64(let values): return values
        case .int128(let values):
            let narrow = values.compactMap { Int64(exactly: $0) }
            return narrow.count == values.count ? narrow : nil
        case .double(let values): return values.map { Int64(bitPattern: $0.bitPattern) }
        case .bits, .interval, .bytes: return nil
        }
    }

    /// A plan for strings that gathered as codes: with their dictionary, or back to strings where that is smaller.
    private func planCodes(_ unsortedCodes: [UInt32], _ encoder: StringDictionaryEncoder) throws(PageError) -> EncodingPlan {
        var codes = unsortedCodes
        let dictionary = PageDictionary.sorted(encoder, &codes)
        let plan: EncodingPlan = (.codes(codes, dictionary), .rleDictionary)
        // Entries that come four times each always pay.
        if options.encoding == .dictionary || codes.count >= 4 * dictionary.count { return plan }
        guard codes.count > 0 else { return (.plain(.bytes(ByteArrays())), .plain) }
        guard fileOptions.measuresEncodings else {
            guard codes.count < 2 * dictionary.count,
                let strings = LeafBuffer.plain(unsortedCodes, encoder.entries, byteCountMax: fileOptions.plainByteCountMax)
            else { return plan }
            return (.plain(.bytes(strings)), .plain)
        }
        guard let strings = LeafBuffer.plain(unsortedCodes, encoder.entries, byteCountMax: fileOptions.plainByteCountMax) else { return plan }
        let plain = PageValues.plain(.bytes(strings))
        let others = try smallest(plain)
        let own = try dictionaryByteCount(plan.values, dictionary)
        if own <= others.byteCount * Self.dictionaryAllowance { return plan }
        return (plain, others.encoding)
    }

    /// What codes and entries take: of the codes by the sample, of the entries by all of them.
    private func dictionaryByteCount(_ values: PageValues, _ dictionary: PageDictionary) throws(PageError) -> Double {
        let sample = sampleRange(values)
        let codes = try compressedByteCount(values, sample, .rleDictionary) * Double(values.count) / Double(sample.count)
        return codes + Double(try compressedByteCount(try dictionary.encoded(leaf)))
    }
}
