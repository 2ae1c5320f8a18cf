/// A column to be made: how it grows from the leaves that are read.
///
/// `leaf` numbers are places in the plan's list of leaves, not in the file.
///
/// `ColumnResolver` plans it once for a scan, `ColumnAssembly` carries it out for each batch.
indirect enum ReadNode: Sendable {
    case leaf(Int)
    /// The file lacks it: NULL in every row.
    case missing(ColumnType)
    case list(ColumnType, Shape, element: ReadNode)
    case structure(ColumnType, Shape, members: [ReadNode])

    /// The levels that shape a list or struct.
    struct Shape: Sendable {
        /// The leaf whose levels are used.
        /// Below 0 where no levels are needed: a struct that is never NULL.
        var leaf: Int
        /// The definition level from which on the node is not NULL.
        let definedLevel: UInt8
        /// How many lists are around it.
        let listDepth: UInt8
        /// The definition level from which on it has a slot in the innermost list around it.
        let slotLevel: UInt8
        var isNullable: Bool { definedLevel > slotLevel }
    }

    /// The leaves under this node.
    var leaves: [Int] {
        switch self {
        case .leaf(let leaf): [leaf]
        case .missing: []
        case .list(_, let shape, let element): [shape.leaf] + element.leaves
        case .structure(_, let shape, let members): (shape.leaf >= 0 ? [shape.leaf] : []) + members.flatMap(\.leaves)
        }
    }
}

/// Makes columns of lists and structs from leaves and their levels.
///
/// Leaves have decoded the same rows; their columns and levels are put together without a look at values.
struct ColumnAssembly {
    /// One for each leaf of the plan; nil for those not read for this batch.
    let outputs: [LeafOutput?]
    let leaves: [PlannedLeaf]
    /// For what lists take beside their leaves.
    let budget: DecodeBudget

    /// - Parameter count: slots that the column must have.
    ///
    /// - Throws: `.lengthMismatch` where leaves side by side have other numbers of slots than the shape says: their levels contradict each other;
    ///   `.memoryBudget`.
    func column(_ node: ReadNode, count: Int) throws(PageError) -> Column {
        switch node {
        case .missing(let type): return .constant(.null, type: type, count: count)
        case .leaf(let leaf):
            guard let column = outputs[leaf]?.column else { throw .lengthMismatch(expected: count, actual: 0) }
            try check(column.count, count)
            return column
        case .list(let type, let shape, let element):
            guard let levels = outputs[shape.leaf] else { throw .lengthMismatch(expected: count, actual: 0) }
            try budget.holdForBatch(4 * (levels.repetitionLevels.count + 1))
            let (offsets, validity) = try ListShaping.offsets(levels, shape, leaf: leaves[shape.leaf].descriptor)
            try check(offsets.count - 1, count)
            let elements = try column(element, count: Int(offsets[offsets.count - 1]))
            return Column(
                type: type, count: count, validity: validity, values: .list(offsets: offsets, element: elements))
        case .structure(let type, let shape, let members):
            var columns: [Column] = []
            for member in members { columns.append(try column(member, count: count)) }
            var validity: Bitmap?
            if shape.isNullable, let levels = outputs[shape.leaf] {
                validity = ListShaping.validity(levels, shape)
                if let validity { try check(validity.count, count) }
            }
            return Column(type: type, count: count, validity: validity, values: .structure(columns))
        }
    }

    private func check(_ actual: Int, _ expected: Int) throws(PageError) {
        if actual != expected { throw .lengthMismatch(expected: expected, actual: actual) }
    }
}

/// A leaf that a plan reads, once for all columns that need it.
struct PlannedLeaf: Sendable {
    let descriptor: LeafDescriptor
    let type: ColumnType
    let conversion: LeafConversion
    /// Whether the levels of what is read are kept, for the shape of lists and structs around the leaf.
    var keepsLevels = false
    /// Whether the values are wanted at all, or the levels alone.
    var decodesValues = false
}

/// From levels to offsets and validity.
///
/// The lists `[a, b]`, `[]`, NULL, `[c]` of a nullable list of required elements have the levels
///
///     repetition   0 1 0 0 0
///     definition   2 2 1 0 2
///
/// The node is defined from level 1 on, and has an element from 2 on: offsets are 0, 2, 2, 2, 3 and validity is 1, 1, 0, 1.
enum ListShaping {
    /// Offsets and validity of the lists at a node, from the levels of a leaf under it.
    ///
    /// - Precondition: the levels are of one batch and agree with each other, as `LeafReader` has found.
    /// - Returns: one offset more than lists; validity is nil where no list is NULL.
    /// - Throws: `.memoryBudget` past 2^31 - 1 entries.
    /// - Complexity: O(entries).
    static func offsets(
        _ levels: LeafOutput, _ shape: ReadNode.Shape, leaf: LeafDescriptor
    ) throws(PageError) -> (offsets: [Int32], validity: Bitmap?) {
        let count = levels.repetitionLevels.count
        precondition(levels.definitionLevels.count == count)
        guard count <= Int(Int32.max) else { throw .memoryBudget(needed: count, allowed: Int(Int32.max)) }
        // An element begins at every entry that repeats no deeper than this list, if the list has one there.
        let elementLevel = shape.definedLevel + 1
        let depth = shape.listDepth + 1
        var offsets: [Int32] = []
        let isPlain = shape.listDepth == 0 && leaf.greatestRepetitionLevel == 1
        offsets.append(addingCapacity: count + 1) { (span: inout OutputSpan<Int32>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                let ends = levels.repetitionLevels.withUnsafeBufferPointer { repetition in
                    levels.definitionLevels.withUnsafeBufferPointer { definition in
                        isPlain
                            ? plainOffsets(repetition, definition, elementLevel, into: target)
                            : anyOffsets(repetition, definition, shape, depth, elementLevel, into: target)
                    }
                }
                filled = ends
            }
        }
        return (offsets, shape.isNullable ? validity(levels, shape) : nil)
    }

    /// One list level: each entry is an element, or an empty or NULL list.
    ///
    /// Eight entries a step, as levels stand below 128: a list takes a step or two, however many elements it has. Where an entry of the eight has no element they are
    /// gone through one by one.
    private static func plainOffsets(
        _ repetition: UnsafeBufferPointer<UInt8>, _ definition: UnsafeBufferPointer<UInt8>, _ elementLevel: UInt8,
        into target: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        var lists = 0
        var elements: Int32 = 0
        /// Entries one by one.
        func walk(_ entries: Range<Int>) {
            for index in entries {
                // Written always, kept where a list starts.
                target[lists] = elements
                lists &+= repetition[index] == 0 ? 1 : 0
                elements &+= definition[index] >= elementLevel ? 1 : 0
            }
        }
        let tops: UInt64 = 0x8080_8080_8080_8080
        // A byte's top bit is set by this addition where the entry has an element.
        let bias = UInt64(0x80 - elementLevel) &* 0x0101_0101_0101_0101
        let (repeats, defines) = (UnsafeRawBufferPointer(repetition), UnsafeRawBufferPointer(definition))
        var index = 0
        while index &+ 8 <= repetition.count {
            guard (defines.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian &+ bias) & tops == tops else {
                walk(index..<index &+ 8)
                index &+= 8
                continue
            }
            // Less than 128 taken from 128 leaves the top bit where nothing is taken: a list starts.
            var starts = (tops &- repeats.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian) & tops
            let count = Int(((starts >> 7) &* 0x0101_0101_0101_0101) >> 56)
            // Two are written whether they are there or not: what is too much is written over. There is room for one more than entries.
            target[lists] = elements &+ Int32(truncatingIfNeeded: starts.trailingZeroBitCount >> 3)
            starts &= starts &- 1
            target[lists &+ 1] = elements &+ Int32(truncatingIfNeeded: starts.trailingZeroBitCount >> 3)
            if count > 2 {
                for list in 2..<count {
                    starts &= starts &- 1
                    target[lists &+ list] = elements &+ Int32(truncatingIfNeeded: starts.trailingZeroBitCount >> 3)
                }
            }
            lists &+= count
            elements &+= 8
            index &+= 8
        }
        walk(index..<repetition.count)
        target[lists] = elements
        return lists &+ 1
    }

    /// A list within lists: entries that belong to another list's element, or have no slot for this one, begin nothing here.
    private static func anyOffsets(
        _ repetition: UnsafeBufferPointer<UInt8>, _ definition: UnsafeBufferPointer<UInt8>, _ shape: ReadNode.Shape,
        _ depth: UInt8, _ elementLevel: UInt8, into target: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        var lists = 0
        var elements: Int32 = 0
        for index in repetition.indices {
            let repeated = repetition[index]
            let defined = definition[index]
            target[lists] = elements
            lists &+= repeated < depth && defined >= shape.slotLevel ? 1 : 0
            elements &+= repeated <= depth && defined >= elementLevel ? 1 : 0
        }
        target[lists] = elements
        return lists &+ 1
    }

    /// Validity of a node's slots, nil when none is NULL.
    ///
    /// Outside of lists each entry is a slot.
    static func validity(_ levels: LeafOutput, _ shape: ReadNode.Shape) -> Bitmap? {
        let definition = levels.definitionLevels
        // Most often nothing is NULL, which a vectorised count tells at a fraction of the price.
        if LevelKernels.count(definition, 0, definition.count, atLeast: shape.definedLevel) == definition.count { return nil }
        var bits = BitBuilder()
        if levels.repetitionLevels.isEmpty {
            definition.withUnsafeBufferPointer {
                if let base = $0.baseAddress { bits.append(base, $0.count, atLeast: shape.definedLevel) }
            }
        } else {
            appendSlots(levels, shape, to: &bits)
        }
        return bits.isAllSet ? nil : bits.finish()
    }

    /// One bit for each entry that begins a slot of the node.
    private static func appendSlots(_ levels: LeafOutput, _ shape: ReadNode.Shape, to bits: inout BitBuilder) {
        precondition(levels.repetitionLevels.count == levels.definitionLevels.count)
        levels.repetitionLevels.withUnsafeBufferPointer { repetition in
            levels.definitionLevels.withUnsafeBufferPointer { definition in
                var word: UInt64 = 0
                var filled = 0
                for index in definition.indices {
                    let hasSlot = repetition[index] <= shape.listDepth && definition[index] >= shape.slotLevel
                    // Written always, kept where there is a slot.
                    let bit: UInt64 = definition[index] >= shape.definedLevel ? 1 : 0
                    word = word & ~(1 << UInt64(filled)) | bit << UInt64(filled)
                    filled &+= hasSlot ? 1 : 0
                    if filled == 64 {
                        bits.append(word, 64)
                        word = 0
                        filled = 0
                    }
                }
                if filled > 0 { bits.append(word, filled) }
            }
        }
    }
}
