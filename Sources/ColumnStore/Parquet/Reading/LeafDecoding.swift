/// From a page's values to a leaf's: one dispatch a call, then loops over contiguous memory.
///
/// A *slot* is a place in the leaf's column: a value, or a NULL within the innermost list. A page has values alone, so that `count` of them go to as many
/// valid ones of the `slots` slots; the others get a filler, which nobody reads.
enum LeafDecoding {
    /// Decodes `count` values into `slots` slots, whose validity stands in `output` from `start` on.
    ///
    /// - Precondition: `count` of those validities are set. Room is charged for by the caller.
    /// - Throws: what decoding throws; `.outOfRange` and `.invalidValue` for values that the conversion or the type cannot have.
    static func append(
        _ values: inout any PageValueDecoder, _ count: Int, slots: Int, start: Int, to output: inout LeafValues, _ context: LeafContext
    ) throws(PageError) {
        let (leaf, scratch) = (context.leaf, context.scratch)
        switch output.conversion {
        case .boolean: try appendBooleans(&values, count, slots, start, &output)
        case .int32:
            try grow(&output.values.int32s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try values.decode32(into: target, count: count)
            }
        case .int64:
            try grow(&output.values.int64s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try values.decode64(into: target, count: count)
                try leaf.limit?.check(target, count)
            }
        case .int32Widened, .uint32, .int32Times, .int64Times, .int64DividedBy, .int96, .decimalNarrow,
            .decimalBytesNarrow:
            let conversion = output.conversion
            try grow(&output.values.int64s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try decodeInt64s(&values, count, conversion, into: target, scratch)
                try leaf.limit?.check(target, count)
            }
        case .uint64, .decimalWide, .decimalBytesWide:
            let conversion = output.conversion
            try grow(&output.values.int128s, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try decodeInt128s(&values, count, conversion, into: target, scratch)
                try leaf.limit?.check(target, count)
            }
        case .float, .double, .float16:
            let conversion = output.conversion
            try grow(&output.values.doubles, count, slots, start, output.validity, 0) { (target) throws(PageError) in
                try decodeDoubles(&values, count, conversion, into: target, scratch)
            }
        case .interval:
            try grow(&output.values.intervals, count, slots, start, output.validity, Interval()) { (target) throws(PageError) in
                let source = try values.takeFixedBytes(count, width: 12, scratch: scratch)
                // Months, days and milliseconds, little-endian; the format has the last without a sign.
                for index in 0..<count {
                    let place = index * 12
                    target[index] = Interval(
                        months: Int32(littleEndian: source.loadUnaligned(fromByteOffset: place, as: Int32.self)),
                        days: Int32(littleEndian: source.loadUnaligned(fromByteOffset: place + 4, as: Int32.self)),
                        microseconds: 1_000
                            * Int64(UInt32(littleEndian: source.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self))))
                }
            }
        case .bytes, .fixedBytes: try appendBytes(&values, count, slots, start, &output, context)
        }
    }

    /// Appends `slots` elements to `array`: `decode` writes the first `count`, which are then spread over the valid slots.
    ///
    /// In place and in one step: there is no second buffer of values without NULLs.
    @inline(__always)
    static func grow<Element: BitwiseCopyable>(
        _ array: inout [Element], _ count: Int, _ slots: Int, _ start: Int, _ validity: borrowing ValidityBuilder,
        _ filler: Element, _ decode: (UnsafeMutablePointer<Element>) throws(PageError) -> Void
    ) throws(PageError) {
        guard slots > 0 else { return }
        try array.append(addingCapacity: slots) { (span: inout OutputSpan<Element>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (buffer, filled) throws(PageError) in
                // Safe: there is room for more than zero elements.
                let target = buffer.baseAddress.unsafelyUnwrapped
                try decode(target)
                if count < slots {
                    // The slots past the values are read by the spreading of the last word.
                    (target + count).update(repeating: filler, count: slots - count)
                    NullSpacing.spread(
                        target, valueCount: count, slotCount: slots, validity: validity, start: start, filler: filler)
                }
                filled = slots
            }
        }
    }

    // MARK: Kinds

    private static func appendBooleans(
        _ values: inout any PageValueDecoder, _ count: Int, _ slots: Int, _ start: Int, _ output: inout LeafValues
    ) throws(PageError) {
        if count == slots {
            try values.appendBooleans(count, to: &output.values.bits)
            return
        }
        // Bits cannot be moved in place: the values are taken aside, and dealt out 64 slots at a time.
        var dense = BitBuilder()
        try values.appendBooleans(count, to: &dense)
        var next = 0
        for slot in stride(from: 0, to: slots, by: 64) {
            let width = min(64, slots - slot)
            let valid = output.validity.word(at: start + slot) & (~0 >> UInt64(64 - width))
            output.values.bits.append(valid == 0 ? 0 : spread(dense.word(at: next), to: valid), width)
            next += valid.nonzeroBitCount
        }
    }

    /// The lowest bits of `bits`, in order, where `places` has ones.
    ///
    /// `0b011` at `0b10110` is `0b00110`: what the instruction PDEP does, a one of `places` a step.
    private static func spread(_ bits: UInt64, to places: UInt64) -> UInt64 {
        if places == ~0 { return bits }
        var (rest, left, word) = (bits, places, 0 as UInt64)
        while left != 0 {
            word |= (rest & 1) << UInt64(left.trailingZeroBitCount)
            rest >>= 1
            left &= left &- 1
        }
        return word
    }

    /// What lies in 64 bits after a conversion: one loop for each.
    ///
    /// - Throws: `.outOfRange` where a product or a decimal does not fit in 64 bits.
    private static func decodeInt64s(
        _ values: inout any PageValueDecoder, _ count: Int, _ conversion: LeafConversion, into target: UnsafeMutablePointer<Int64>,
        _ scratch: ScratchBytes
    ) throws(PageError) {
        switch conversion {
        case .int32Widened:
            let narrow = try decode32(&values, count, scratch)
            for index in 0..<count { target[index] = Int64(narrow[index]) }
        case .uint32:
            let narrow = try decode32(&values, count, scratch)
            for index in 0..<count { target[index] = Int64(UInt32(bitPattern: narrow[index])) }
        case .int32Times(let factor):
            let narrow = try decode32(&values, count, scratch)
            // 32 bits times a thousand fit in 64.
            for index in 0..<count { target[index] = Int64(narrow[index]) &* factor }
        case .int64Times(let factor):
            try values.decode64(into: target, count: count)
            var overflows = false
            for index in 0..<count {
                let (product, overflow) = target[index].multipliedReportingOverflow(by: factor)
                target[index] = product
                overflows = overflows || overflow
            }
            if overflows { throw .outOfRange("a timestamp", value: Int.max) }
        case .int64DividedBy(let divisor):
            try values.decode64(into: target, count: count)
            for index in 0..<count {
                // Rounded down, before 1970 too: -1 ns is in microsecond -1.
                let (quotient, rest) = target[index].quotientAndRemainder(dividingBy: divisor)
                target[index] = rest < 0 ? quotient - 1 : quotient
            }
        case .int96: try decodeInt96(&values, count, into: target, scratch)
        case .decimalNarrow(let width):
            let source = try values.takeFixedBytes(count, width: width, scratch: scratch)
            guard DecimalKernels.narrow(source, width: width, count: count, into: target) else {
                throw .outOfRange("a decimal of at most 18 digits, in bytes", value: width)
            }
        case .decimalBytesNarrow:
            try eachByteArray(&values, count, scratch) { (bytes, index) throws(PageError) in
                guard let value = Int64(exactly: try DecimalKernels.wide(bytes)) else {
                    throw .outOfRange("a decimal of at most 18 digits, in bytes", value: bytes.count)
                }
                target[index] = value
            }
        case .int64: try values.decode64(into: target, count: count)
        // Every conversion is named, so that a new one is not taken for another.
        case .boolean, .int32, .uint64, .float, .double, .float16, .decimalWide, .decimalBytesWide, .interval, .bytes, .fixedBytes:
            throw .unsupported("this conversion to 64 bits")
        }
    }

    /// The next values in scratch memory, good until its next use.
    private static func decode32(_ values: inout any PageValueDecoder, _ count: Int, _ scratch: ScratchBytes) throws(PageError) -> UnsafeMutablePointer<Int32> {
        let narrow = try scratch.reserve(count * 4).bindMemory(to: Int32.self, capacity: count)
        try values.decode32(into: narrow, count: count)
        return narrow
    }

    /// Eight bytes of nanoseconds of the day, four of the Julian day (Impala's and Hive's timestamps, which the format deprecates). What is below a
    /// microsecond is cut.
    private static func decodeInt96(
        _ values: inout any PageValueDecoder, _ count: Int, into target: UnsafeMutablePointer<Int64>, _ scratch: ScratchBytes
    ) throws(PageError) {
        let source = try values.takeFixedBytes(count, width: 12, scratch: scratch)
        for index in 0..<count {
            let nanoseconds = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index * 12, as: UInt64.self))
            let julianDay = Int64(
                UInt32(littleEndian: source.loadUnaligned(fromByteOffset: index * 12 + 8, as: UInt32.self)))
            // 2,440,588 is the Julian day of 1970-01-01. Early Spark wrote days and nanoseconds past all range: they wrap as
            // in Arrow, since no reader can find meaning in them.
            target[index] = (julianDay &- 2_440_588) &* 86_400_000_000 &+ Int64(nanoseconds / 1_000)
        }
    }

    /// What lies in 128 bits; that all of a batch may fit in 64 is found out at its end (`LeafValues.finish`).
    private static func decodeInt128s(
        _ values: inout any PageValueDecoder, _ count: Int, _ conversion: LeafConversion, into target: UnsafeMutablePointer<Int128>,
        _ scratch: ScratchBytes
    ) throws(PageError) {
        switch conversion {
        case .uint64:
            let narrow = try scratch.reserve(count * 8).bindMemory(to: Int64.self, capacity: count)
            try values.decode64(into: narrow, count: count)
            for index in 0..<count { target[index] = Int128(UInt64(bitPattern: narrow[index])) }
        case .decimalWide(let width):
            let source = try values.takeFixedBytes(count, width: width, scratch: scratch)
            if width <= 16 {
                DecimalKernels.wide(source, width: width, count: count, into: target)
            } else {
                for index in 0..<count {
                    target[index] = try DecimalKernels.wide(UnsafeRawBufferPointer(start: source + index * width, count: width))
                }
            }
        case .decimalBytesWide:
            try eachByteArray(&values, count, scratch) { (bytes, index) throws(PageError) in
                target[index] = try DecimalKernels.wide(bytes)
            }
        case .boolean, .int32, .int32Widened, .uint32, .int32Times, .int64, .int64Times, .int64DividedBy, .int96, .float, .double, .float16,
            .decimalNarrow, .decimalBytesNarrow, .interval, .bytes, .fixedBytes:
            throw .unsupported("this conversion to 128 bits")
        }
    }

    private static func decodeDoubles(
        _ values: inout any PageValueDecoder, _ count: Int, _ conversion: LeafConversion, into target: UnsafeMutablePointer<Double>,
        _ scratch: ScratchBytes
    ) throws(PageError) {
        switch conversion {
        case .double:
            try target.withMemoryRebound(to: Int64.self, capacity: count) { (target) throws(PageError) in
                try values.decode64(into: target, count: count)
            }
        case .float:
            let narrow = try decode32(&values, count, scratch)
            for index in 0..<count { target[index] = Double(Float(bitPattern: UInt32(bitPattern: narrow[index]))) }
        case .float16:
            let source = try values.takeFixedBytes(count, width: 2, scratch: scratch)
            for index in 0..<count {
                let bits = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                target[index] = HalfFloat.double(bits)
            }
        case .boolean, .int32, .int32Widened, .uint32, .int32Times, .int64, .int64Times, .int64DividedBy, .uint64, .int96, .decimalNarrow, .decimalWide,
            .decimalBytesNarrow, .decimalBytesWide, .interval, .bytes, .fixedBytes:
            throw .unsupported("this conversion to DOUBLE")
        }
    }

    /// Strings and fixed bytes. Offsets of 32 bits bound what a batch has of one column to 2 GiB.
    private static func appendBytes(
        _ values: inout any PageValueDecoder, _ count: Int, _ slots: Int, _ start: Int, _ output: inout LeafValues, _ context: LeafContext
    ) throws(PageError) {
        let before = output.values.arrays.offsets.count
        if case .fixedBytes(let width) = output.conversion {
            let source = try values.takeFixedBytes(count, width: width, scratch: context.scratch)
            let base = output.values.arrays.bytes.count
            guard base + count * width <= Int(Int32.max) else {
                throw .memoryBudget(needed: base + count * width, allowed: Int(Int32.max))
            }
            try context.budget.require(count * width)
            output.values.arrays.bytes.append(contentsOf: UnsafeRawBufferPointer(start: source, count: count * width))
            for index in 0..<count { output.values.arrays.offsets.append(Int32(truncatingIfNeeded: base + (index + 1) * width)) }
        } else {
            try values.appendByteArrays(count, offsets: &output.values.arrays.offsets, bytes: &output.values.arrays.bytes)
        }
        if count < slots { spreadOffsets(&output, count, slots, start, before) }
    }

    /// NULLs between byte arrays repeat the offset before them.
    ///
    /// Ends 2 and 5 under the validity 1, 0, 1 become 2, 2, 5. From the back, as `NullSpacing`, since a slot never lies before its value.
    ///
    /// - Parameter before: how many offsets there were before the values' ends.
    static func spreadOffsets(_ output: inout LeafValues, _ count: Int, _ slots: Int, _ start: Int, _ before: Int) {
        output.values.arrays.offsets.append(contentsOf: repeatElement(0, count: slots - count))
        var source = before + count
        var slot = slots
        let validity = output.validity
        output.values.arrays.offsets.withUnsafeMutableBufferPointer { offsets in
            while slot > 0 {
                slot -= 1
                // The end of a NULL is the end of the value before it.
                offsets[before + slot] = offsets[source - 1]
                if validity.word(at: start + slot) & 1 != 0 { source -= 1 }
            }
        }
    }

    // MARK: Byte arrays one by one

    /// Lends each of the next values. They are copied first: decoders have no way to give one by itself.
    private static func eachByteArray(
        _ values: inout any PageValueDecoder, _ count: Int, _ scratch: ScratchBytes,
        _ body: (UnsafeRawBufferPointer, Int) throws(PageError) -> Void
    ) throws(PageError) {
        var offsets: [Int32] = [0]
        var bytes: [UInt8] = []
        try values.appendByteArrays(count, offsets: &offsets, bytes: &bytes)
        try bytes.span.withUnsafeBytes { (bytes) throws(PageError) in
            for index in 0..<count {
                try body(UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[index])..<Int(offsets[index + 1])]), index)
            }
        }
    }
}
