/// Chooses how the values of a leaf are encoded in a row group, by trying on a sample what each encoding makes of them after
/// compression.
struct EncodingPlanner {
    let leaf: WriterLeaf
    let options: ColumnWriterOptions
    let fileOptions: WriterOptions
    let compressor: PageCompressor

    struct Plan {
        let values: PageValues
        let encoding: PageEncoding
    }

    /// As many values as tell the encodings apart; more cost time only.
    private static let sampleValueCount = 8_192
    private static let sampleByteCount = 256 << 10
    /// A dictionary is taken though something else is a little smaller: it is quickest to read, and filters are tested once an entry.
    private static let dictionaryAllowance = 1.05

    /// - Parameter isWhole: whether these are all values of the row group, so that a dictionary is in question.
    func plan(_ storage: LeafBuffer.Storage, isWhole: Bool) throws(PageError) -> Plan {
        switch storage {
        case .booleans(let values): return try planOther(.booleans(values), [.plain, .rle])
        case .int32(let values):
            if isWhole, let plan = try planDictionary(.int32(values), wide: { values.map { Int64($0) } }) { return plan }
            return try planOther(.int32(values), [.plain, .deltaBinaryPacked])
        case .int64(let values):
            if isWhole, let plan = try planDictionary(.int64(values), wide: { values }) { return plan }
            return try planOther(.int64(values), [.plain, .deltaBinaryPacked])
        case .int128(let values):
            let narrow = values.compactMap { Int64(exactly: $0) }
            if isWhole, narrow.count == values.count, let plan = try planDictionary(.int128(values), wide: { narrow }) { return plan }
            return Plan(values: .int128(values), encoding: .plain)
        case .double(let values):
            let patterns = { values.map { Int64(bitPattern: $0.bitPattern) } }
            if isWhole, let plan = try planDictionary(.double(values), wide: patterns) { return plan }
            return try planOther(.double(values), [.plain, .byteStreamSplit])
        case .bytes(let arrays): return try planOther(.bytes(arrays), bytesEncodings)
        case .codes(let codes, let dictionary): return try planCodes(codes, dictionary)
        }
    }

    private var bytesEncodings: [PageEncoding] {
        leaf.physicalType == .fixedLenByteArray ? [.plain] : [.plain, .deltaLengthByteArray, .deltaByteArray]
    }

    private func planOther(_ values: PageValues, _ candidates: [PageEncoding]) throws(PageError) -> Plan {
        if let forced, candidates.contains(forced) { return Plan(values: values, encoding: forced) }
        guard fileOptions.measuresEncodings, candidates.count > 1, values.count > 0 else {
            return Plan(values: values, encoding: unmeasured(values, candidates))
        }
        let best = try smallest(values, candidates)
        return Plan(values: values, encoding: best.encoding)
    }

    private var forced: PageEncoding? {
        switch options.encoding {
        case .automatic, .dictionary: nil
        case .plain: .plain
        case .deltaBinaryPacked: .deltaBinaryPacked
        case .deltaLengthByteArray: .deltaLengthByteArray
        case .deltaByteArray: .deltaByteArray
        case .byteStreamSplit: .byteStreamSplit
        case .runLength: .rle
        }
    }

    /// What is usually right, for files that aren't worth a measurement.
    private func unmeasured(_ values: PageValues, _ candidates: [PageEncoding]) -> PageEncoding {
        switch values {
        case .int32, .int64: .deltaBinaryPacked
        default: candidates[0]
        }
    }

    private func smallest(
        _ values: PageValues, _ candidates: [PageEncoding]
    ) throws(PageError) -> (encoding: PageEncoding, byteCount: Double) {
        let sample = sampleRange(values)
        var best: (encoding: PageEncoding, byteCount: Double)?
        for encoding in candidates {
            let byteCount = try compressedByteCount(values, sample, encoding) * Double(values.count) / Double(sample.count)
            // The first is the plainest; others must be worth their decoding.
            if best.map({ byteCount < $0.byteCount * 0.97 }) ?? true { best = (encoding, byteCount) }
        }
        guard let best else { preconditionFailure("no candidates") }
        return best
    }

    /// A piece out of the middle: the start of a sorted row group may be unlike the rest.
    private func sampleRange(_ values: PageValues) -> Range<Int> {
        let count = min(values.count, Self.sampleValueCount)
        let start = (values.count - count) / 2
        guard case .bytes(let arrays) = values else { return start..<start + count }
        var end = start
        while end < start + count, arrays.range(at: end).upperBound - arrays.range(at: start).lowerBound <= Self.sampleByteCount {
            end += 1
        }
        return start..<max(end, start + 1)
    }

    private func compressedByteCount(
        _ values: PageValues, _ range: Range<Int>, _ encoding: PageEncoding
    ) throws(PageError) -> Double {
        var encoded: [UInt8] = []
        values.encode(range, as: encoding, leaf: leaf, into: &encoded)
        return Double(try compressedByteCount(encoded))
    }

    private func compressedByteCount(_ bytes: [UInt8]) throws(PageError) -> Int {
        var compressed: [UInt8] = []
        let byteCount = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(PageError) in
            try compressor.compress(bytes, appendingTo: &compressed)
        }
        return min(byteCount, bytes.count)
    }

    // MARK: Dictionaries

    /// A plan with a dictionary of numbers of up to 64 bits, or nil when another encoding is better.
    private func planDictionary(_ plain: PageValues, wide: () -> [Int64]) throws(PageError) -> Plan? {
        let count = plain.count
        guard options.encoding == .automatic || options.encoding == .dictionary, count > 0 else { return nil }
        guard fileOptions.measuresEncodings || options.encoding == .dictionary else { return nil }
        let isForced = options.encoding == .dictionary
        let countMax = min(fileOptions.dictionaryByteCount / 8, isForced ? count : count / 4)
        let values = wide()
        var encoder = IntegerDictionaryEncoder(countMax: countMax)
        // Most columns that repeat too little show it in the first rows.
        let trial = min(count, 4 * Self.sampleValueCount)
        let made = values.withUnsafeBufferPointer { values in
            encoder.encode(
                values, countMax: countMax, trialCount: trial - 1, trialCountMax: isForced ? countMax : trial / 2)
        }
        guard var codes = made else { return nil }
        let dictionary: PageDictionary
        let candidates: [PageEncoding]
        switch plain {
        case .double:
            dictionary = .sortedDoubles(encoder.entries, &codes)
            candidates = [.plain, .byteStreamSplit]
        case .int128:
            dictionary = .sorted(encoder.entries, &codes, isWide: true)
            candidates = [.plain]
        default:
            dictionary = .sorted(encoder.entries, &codes, isWide: false)
            candidates = [.plain, .deltaBinaryPacked]
        }
        let plan = Plan(values: .codes(codes, dictionary), encoding: .rleDictionary)
        if isForced { return plan }
        let others = try smallest(plain, candidates)
        let own = try dictionaryByteCount(plan.values, dictionary)
        return own <= others.byteCount * Self.dictionaryAllowance ? plan : nil
    }

    private func planCodes(_ unsortedCodes: [UInt32], _ encoder: StringDictionaryEncoder) throws(PageError) -> Plan {
        var codes = unsortedCodes
        let dictionary = PageDictionary.sorted(encoder, &codes)
        let plan = Plan(values: .codes(codes, dictionary), encoding: .rleDictionary)
        // Entries that come four times each always pay.
        if options.encoding == .dictionary || codes.count >= 4 * dictionary.count { return plan }
        guard codes.count > 0 else { return Plan(values: .bytes(ByteArrays()), encoding: .plain) }
        guard fileOptions.measuresEncodings else {
            guard codes.count < 2 * dictionary.count, let strings = LeafBuffer.plain(unsortedCodes, encoder.entries) else {
                return plan
            }
            return Plan(values: .bytes(strings), encoding: .plain)
        }
        guard let strings = LeafBuffer.plain(unsortedCodes, encoder.entries) else { return plan }
        let plain = PageValues.bytes(strings)
        let others = try smallest(plain, bytesEncodings)
        let own = try dictionaryByteCount(plan.values, dictionary)
        if own <= others.byteCount * Self.dictionaryAllowance { return plan }
        return Plan(values: plain, encoding: others.encoding)
    }

    private func dictionaryByteCount(_ values: PageValues, _ dictionary: PageDictionary) throws(PageError) -> Double {
        let sample = sampleRange(values)
        let codes = try compressedByteCount(values, sample, .rleDictionary) * Double(values.count) / Double(sample.count)
        return codes + Double(try compressedByteCount(dictionary.encoded(leaf)))
    }
}
