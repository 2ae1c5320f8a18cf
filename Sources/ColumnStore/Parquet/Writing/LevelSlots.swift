/// The places of one nesting level of a batch, in file order: a value, a NULL above it or an empty list is one slot each.
///
/// This is Dremel's shredding done a level at a time over whole batches: a slot is *live* as long as nothing above it is NULL
/// or empty; the live slots, in order, are rows of the node's column.
///
/// The rows `[a, b]`, `[]`, NULL, `[c]` of a nullable list of required elements: four live slots at the top; through the optional list three, with
/// the definition levels 1, 1, 0, 1; into the list five slots, three of them live, with the levels
///
///     repetition   0 1 0 0 0
///     definition   2 2 1 0 2
///
/// Invariants:
/// 1. Levels, where there are any, are `count`.
/// 2. A slot is live if its definition level is `definition`; dead ones have a lower one, at which they died.
/// 3. `rows` has an element for each live slot, in order.
struct LevelSlots {
    private(set) var count: Int
    /// Nil when every slot is live, at `definition`.
    private(set) var definitionLevels: [UInt8]?
    /// Nil when all are 0: outside of lists.
    private(set) var repetitionLevels: [UInt8]?
    /// The definition level of a live slot.
    private(set) var definition: UInt8
    /// The rows of the node's column that the live slots mean; nil when they are all of its rows.
    private(set) var rows: [Int32]?

    /// The top level: each row is a live slot.
    init(rowCount: Int) {
        count = rowCount
        definition = 0
    }

    /// Steps through an optional node: its NULLs stay behind as dead slots.
    ///
    /// - Parameter validity: of the node's column; nil when nothing is NULL.
    /// - Complexity: O(slots).
    func throughOptional(_ validity: Bitmap?) -> LevelSlots {
        assert(definitionLevels == nil || definitionLevels?.count == count)
        assert(repetitionLevels == nil || repetitionLevels?.count == count)
        var next = self
        next.definition += 1
        guard let validity, validity.setCount < validity.count else {
            // Nothing dies here: live slots only rise by a level.
            if let levels = definitionLevels {
                next.definitionLevels = levels.map { $0 == definition ? definition + 1 : $0 }
            }
            return next
        }
        var levels = definitionLevels ?? [UInt8](repeating: definition, count: count)
        var survivors: [Int32] = []
        survivors.reserveCapacity(validity.setCount)
        var live = 0
        for slot in levels.indices where levels[slot] == definition {
            let row = rows.map { $0[live] } ?? Int32(truncatingIfNeeded: live)
            live += 1
            if validity[Int(row)] {
                levels[slot] = definition + 1
                survivors.append(row)
            }
        }
        next.definitionLevels = levels
        next.rows = survivors
        return next
    }

    /// Steps into a list: each live slot becomes one for each of its elements, or a dead one when it has none.
    ///
    /// - Parameters:
    ///   - elementCount: how many elements there are, also of lists under a NULL, which no slot means.
    ///   - repetition: the level of this list.
    /// - Complexity: O(slots and elements).
    func intoList(offsets: [Int32], elementCount: Int, repetition: UInt8) -> LevelSlots {
        var next = LevelSlots(rowCount: 0)
        next.definition = definition + 1
        var definitions: [UInt8] = []
        var repetitions: [UInt8] = []
        let estimate = count + Int((offsets.last ?? 0) - (offsets.first ?? 0))
        definitions.reserveCapacity(estimate)
        repetitions.reserveCapacity(estimate)
        // Elements come in order and without gaps unless rows above were left out.
        var elementRows: [Int32]?
        var nextElement: Int32 = 0
        var live = 0
        for slot in 0..<count {
            let ownRepetition = repetitionLevels.map { $0[slot] } ?? 0
            // A dead slot stays one, with the levels that it has.
            if let levels = definitionLevels, levels[slot] != definition {
                definitions.append(levels[slot])
                repetitions.append(ownRepetition)
                continue
            }
            let row = rows.map { Int($0[live]) } ?? live
            live += 1
            let start = offsets[row]
            let length = Int(offsets[row + 1] - start)
            // An empty list: dead from here on, at the level of the list itself.
            guard length > 0 else {
                definitions.append(definition)
                // The first element goes on where the list stood; those after it repeat at this list's level.
                repetitions.append(ownRepetition)
                continue
            }
            definitions.append(contentsOf: repeatElement(next.definition, count: length))
            repetitions.append(ownRepetition)
            repetitions.append(contentsOf: repeatElement(repetition, count: length - 1))
            if elementRows == nil, start != nextElement { elementRows = Array(0..<nextElement) }
            elementRows?.append(contentsOf: start..<start + Int32(length))
            nextElement += Int32(length)
        }
        // Those of lists left out at the end.
        if elementRows == nil, Int(nextElement) != elementCount { elementRows = Array(0..<nextElement) }
        assert(live == rows?.count ?? live && definitions.count == repetitions.count)
        next.count = definitions.count
        next.definitionLevels = definitions
        next.repetitionLevels = repetitions
        next.rows = elementRows
        return next
    }
}
