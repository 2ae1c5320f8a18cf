/// The values of a leaf as they gather for one batch: one growing array, of the kind that the leaf's conversion gives.
///
/// Invariants:
/// 1. Validities are added first, the values for them right after: `count` and `validity.count` differ within a call of the reader alone.
/// 2. Either all slots are codes into `dictionary`, or none is, and `dictionary` is nil.
struct LeafValues {
    let conversion: LeafConversion
    let type: ColumnType
    var validity = ValidityBuilder()
    var values: TypedArrayBuilder
    /// The bytes of the batch before, where they are many: the next batch takes their memory when nobody else has them any more. Fresh pages
    /// of the kernel's for each batch cost a tenth of a scan of documents.
    private var spareBytes: [UInt8] = []
    /// Codes into `dictionary`; only while every page so far had them.
    var codes: [UInt32] = []
    var dictionary: DictionaryValues?

    init(conversion: LeafConversion, type: ColumnType) {
        self.conversion = conversion
        self.type = type
        values = TypedArrayBuilder(conversion.kind)
    }

    var isEmpty: Bool { validity.count == 0 }
    /// Values, those under NULLs among them: as many as there are validities.
    var count: Int { dictionary == nil ? values.count : codes.count }

    /// Makes room for a batch in one step.
    ///
    /// Bytes of strings get the memory of the batch before, where it is larger: how many there will be is not known here.
    mutating func reserve(_ count: Int) {
        guard dictionary == nil else { return codes.reserveCapacity(count) }
        values.reserve(count)
        guard values.kind == .bytes, values.arrays.bytes.isEmpty, spareBytes.capacity > values.arrays.bytes.capacity else { return }
        values.arrays.bytes = []
        swap(&values.arrays.bytes, &spareBytes)
        // Keeps the memory itself where this is the only reference to it, else its size alone.
        values.arrays.bytes.removeAll(keepingCapacity: true)
    }

    /// Room for `byteCount` bytes of strings or more, so that batches much like this one fit in after it.
    mutating func makeRoom(byteCount: Int) {
        giveBack()
        values.arrays.bytes = BlockPool.shared.takeArray(byteCount) ?? []
        if values.arrays.bytes.capacity < byteCount { values.arrays.bytes.reserveCapacity(byteCount + byteCount / 8) }
    }

    /// Leaves the memory of large batches to other readers.
    mutating func giveBack() {
        for array in [Self.taken(&values.arrays.bytes), Self.taken(&spareBytes)] where array.capacity >= Self.sparedByteCountMin { BlockPool.shared.giveArray(array) }
    }

    private static let sparedByteCountMin = 1 << 20

    private mutating func takenBytes() -> [UInt8] {
        let taken = Self.taken(&values.arrays.bytes)
        guard taken.capacity >= Self.sparedByteCountMin else { return taken }
        spareBytes = taken
        // A batch with little in it may be kept for long, and is not to keep the memory of a full one.
        return taken.count < taken.capacity / 4 ? Array(taken[...]) : taken
    }

    /// Turns the codes so far into byte arrays, when a page without a dictionary follows on pages with one.
    mutating func materialise(budget: DecodeBudget) throws(PageError) {
        guard let held = dictionary, case .bytes(let entries) = held.values.values else { return }
        dictionary = nil
        let slots = codes
        codes = []
        guard validity.hasNulls else { return try appendEntries(slots, entries, budget: budget) }
        // Under a NULL there is no code: what stands there is none of the dictionary's, which may be empty.
        var valid: [UInt32] = []
        valid.reserveCapacity(slots.count)
        for slot in slots.indices where validity.word(at: slot) & 1 != 0 { valid.append(slots[slot]) }
        let before = values.arrays.offsets.count
        try appendEntries(valid, entries, budget: budget)
        if valid.count < slots.count { LeafDecoding.spreadOffsets(&self, valid.count, slots.count, 0, before) }
    }

    /// Appends the entries that codes mean: their ends first, so that room for the bytes is checked and made once.
    ///
    /// - Precondition: every code is within `entries`.
    /// - Throws: `.memoryBudget` past the budget or 2 GiB.
    mutating func appendEntries(_ rows: [UInt32], _ entries: ByteArrays, budget: DecodeBudget) throws(PageError) {
        var total = values.arrays.bytes.count
        for code in rows {
            total += entries.range(at: Int(code)).count
            guard total <= Int(Int32.max) else { throw .memoryBudget(needed: total, allowed: Int(Int32.max)) }
            values.arrays.offsets.append(Int32(truncatingIfNeeded: total))
        }
        try budget.require(total - values.arrays.bytes.count)
        values.arrays.bytes.reserveCapacity(total)
        entries.bytes.withUnsafeBytes { source in
            for code in rows { values.arrays.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[entries.range(at: Int(code))])) }
        }
    }

    /// The column so far; the values begin anew.
    ///
    /// A validity without a NULL comes out as nil, as invariant 1 of `Column` wants.
    mutating func finish() -> Column {
        let count = validity.count
        let valid = validity.finish()
        if let dictionary {
            self.dictionary = nil
            let taken = Self.taken(&codes)
            // A dictionary without entries can serve NULLs only.
            if dictionary.count == 0 { return .constant(.null, type: type, count: count) }
            return Column(type: type, count: count, validity: valid, values: .dictionary(codes: taken, dictionary))
        }
        return Column(type: type, count: count, validity: valid, values: Column.Values(finished()))
    }

    /// Takes the values. Decimals are laid in 64 bits where all of the batch fit (invariant 3 of `Column`).
    private mutating func finished() -> TypedArray {
        switch values.kind {
        case .int128:
            let wide = Self.taken(&values.int128s)
            return Self.narrowed(wide).map { .int64($0) } ?? .int128(wide)
        case .bytes:
            let arrays = ByteArrays(offsets: values.arrays.offsets, bytes: takenBytes())
            values.arrays.offsets = [0]
            return .bytes(arrays)
        case .bits, .int32, .int64, .double, .interval: return values.take()
        }
    }

    /// Leaves an empty array behind, so that what is taken has one owner and is not copied when it is written to.
    private static func taken<Element>(_ array: inout [Element]) -> [Element] {
        let result = array
        array = []
        return result
    }

    /// The same values in 64 bits, if all fit.
    private static func narrowed(_ wide: [Int128]) -> [Int64]? {
        var excess: UInt64 = 0
        wide.withUnsafeBytes { raw in
            for index in 0..<wide.count {
                let low = raw.loadUnaligned(fromByteOffset: index &* 16, as: UInt64.self)
                let high = raw.loadUnaligned(fromByteOffset: index &* 16 &+ 8, as: UInt64.self)
                // The high half of a value that fits repeats the low half's sign.
                excess |= high ^ UInt64(bitPattern: Int64(bitPattern: low) >> 63)
            }
        }
        if excess != 0 { return nil }
        return [Int64](unsafeUninitializedCapacity: wide.count) { target, count in
            for index in 0..<wide.count { target[index] = Int64(truncatingIfNeeded: wide[index]) }
            count = wide.count
        }
    }
}
