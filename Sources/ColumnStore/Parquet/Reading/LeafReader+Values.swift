/// Appending a page's values to the batch: from codes where the page has a dictionary, else by the leaf's conversion.
extension LeafReader {
    /// Appends the page's next `count` values to `slots` slots, whose validity stands in the output from `start` on.
    ///
    /// - Throws: `.memoryBudget` before room is taken; `.unsupported` for codes without a dictionary; what decoding throws.
    func appendValues(_ count: Int, slots: Int, start: Int) throws(PageError) {
        try budget.holdForBatch(slots * output.values.kind.slotByteCount)
        let before = output.values.arrays.bytes.count
        // A column of strings keeps its codes as long as every page of the batch has them. The first page without turns what is there into strings.
        if !values.isOfCodes {
            if output.dictionary != nil { try output.materialise(budget: budget) }
            try LeafDecoding.append(&values, count, slots: slots, start: start, to: &output, context)
        } else {
            guard let dictionary else { throw .unsupported("a page of dictionary codes without a dictionary") }
            if output.values.kind == .bytes {
                try appendCodes(count, slots, start, dictionary.shared)
            } else {
                try appendEntries(count, slots, start, dictionary.shared)
            }
        }
        // Whoever appended them has asked for their room.
        try budget.holdForBatch(output.values.arrays.bytes.count - before)
    }

    /// Strings: codes as they are, or, where a page of the batch had none, the entries that they mean.
    private func appendCodes(_ count: Int, _ slots: Int, _ start: Int, _ shared: DictionaryValues) throws(PageError) {
        // The batch's first values: from here on it has codes of this chunk's dictionary.
        if start == 0 {
            output.dictionary = shared
            output.codes.reserveCapacity(slots)
        }
        let limit = UInt32(shared.count)
        if output.dictionary != nil {
            try LeafDecoding.grow(&output.codes, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try values.decodeCodes(into: target, count: count, limit: limit)
            }
            return
        }
        guard case .bytes(let entries) = shared.values.values else { return }
        var codes: [UInt32] = []
        try codes.append(addingCapacity: count) { (span: inout OutputSpan<UInt32>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (buffer, filled) throws(PageError) in
                if let base = buffer.baseAddress, count > 0 {
                    try values.decodeCodes(into: base, count: count, limit: limit)
                }
                filled = count
            }
        }
        let before = output.values.arrays.offsets.count
        try output.appendEntries(codes, entries, budget: budget)
        if count < slots { LeafDecoding.spreadOffsets(&output, count, slots, start, before) }
    }

    /// Numbers: never kept as codes, since a sum or a comparison of 64 bits costs less than a look-up for each row (docs/decisions/0004-parquet-types.md).
    private func appendEntries(_ count: Int, _ slots: Int, _ start: Int, _ shared: DictionaryValues) throws(PageError) {
        let codes = try context.scratch.reserve(count * 4).bindMemory(to: UInt32.self, capacity: max(count, 1))
        try values.decodeCodes(into: codes, count: count, limit: UInt32(shared.count))
        switch shared.values.values {
        case .int32(let entries):
            try LeafDecoding.grow(&output.values.int32s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                Self.gather(entries, codes, count, into: target)
            }
        // Decimals of 128 bits whose entries all fit in 64 lie so in the dictionary, but pages beside it may have wider ones.
        case .int64(let entries) where output.values.kind == .int128:
            try LeafDecoding.grow(&output.values.int128s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                entries.withUnsafeBufferPointer { for index in 0..<count { target[index] = Int128($0[Int(codes[index])]) } }
            }
        case .int64(let entries):
            try LeafDecoding.grow(&output.values.int64s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                Self.gather(entries, codes, count, into: target)
            }
        case .int128(let entries):
            try LeafDecoding.grow(&output.values.int128s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                Self.gather(entries, codes, count, into: target)
            }
        case .double(let entries):
            try LeafDecoding.grow(&output.values.doubles, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                Self.gather(entries, codes, count, into: target)
            }
        case .interval(let entries):
            try LeafDecoding.grow(&output.values.intervals, count, slots, start, output.validity, Interval()) {
                (target) throws(PageError) in
                Self.gather(entries, codes, count, into: target)
            }
        case .bits, .bytes, .dictionary, .list, .structure, .constant: throw .unsupported("a dictionary of this type")
        }
    }

    /// - Precondition: every code is within `entries`: the decoding of the codes has checked it.
    @inline(__always)
    private static func gather<Element: BitwiseCopyable>(
        _ entries: [Element], _ codes: UnsafePointer<UInt32>, _ count: Int, into target: UnsafeMutablePointer<Element>
    ) {
        entries.withUnsafeBufferPointer { entries in
            for index in 0..<count { target[index] = entries[Int(codes[index])] }
        }
    }
}
