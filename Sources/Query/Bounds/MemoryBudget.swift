internal import ColumnStore
internal import Synchronization

/// Bytes that may be held, of a query or of all queries. Operators ask before they keep rows, and spill when the answer is no.
package final class MemoryBudget: Sendable {
    package let byteCountMax: Int
    private let used = Atomic<Int>(0)
    private let highest = Atomic<Int>(0)
    private let parent: MemoryBudget?

    package init(byteCountMax: Int, parent: MemoryBudget? = nil) {
        self.byteCountMax = byteCountMax
        self.parent = parent
    }

    package var usedByteCount: Int { used.load(ordering: .relaxed) }
    /// The most that was ever held.
    package var peakByteCount: Int { highest.load(ordering: .relaxed) }

    /// What operators that could write rows aside leave to those that cannot: the evaluation of the next rows.
    private var workByteCount: Int { byteCountMax / 4 }

    /// Takes `byteCount` more when they fit here and in the parent; false leaves all as it was.
    /// - Parameter isHeld: for rows that are kept, and could be written aside: they leave a share for the work on the rows that come.
    package func reserve(_ byteCount: Int, isHeld: Bool = false) -> Bool {
        let total = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
        if total > byteCountMax - (isHeld ? workByteCount : 0) || !(parent?.reserve(byteCount, isHeld: isHeld) ?? true) {
            used.wrappingSubtract(byteCount, ordering: .relaxed)
            return false
        }
        var seen = highest.load(ordering: .relaxed)
        while total > seen {
            let (isExchanged, now) = highest.compareExchange(expected: seen, desired: total, ordering: .relaxed)
            if isExchanged { break }
            seen = now
        }
        return true
    }

    /// Takes what cannot be helped: the next `reserve` then says no.
    package func force(_ byteCount: Int) {
        used.wrappingAdd(byteCount, ordering: .relaxed)
        parent?.force(byteCount)
    }

    package func release(_ byteCount: Int) {
        used.wrappingSubtract(byteCount, ordering: .relaxed)
        parent?.release(byteCount)
    }
}

/// Counts what batches take that are kept: a dictionary that nobody else keeps as long once, however many share it.
struct HeldBytes {
    private(set) var byteCount = 0
    private var dictionaries: Set<ObjectIdentifier> = []

    /// - Precondition: the batches before are kept still, so that no other dictionary can lie where one of theirs did.
    mutating func add(_ batch: ColumnBatch) { for column in batch.columns { add(column) } }

    mutating func add(_ column: Column) {
        byteCount += column.byteCount()
        addDictionaries(column)
    }

    private mutating func addDictionaries(_ column: Column) {
        switch column.values {
        case .dictionary(_, let dictionary):
            if dictionary.heldByteCount > 0, dictionaries.insert(ObjectIdentifier(dictionary)).inserted { byteCount += dictionary.heldByteCount }
        case .list(_, let element): addDictionaries(element)
        case .structure(let members): for member in members { addDictionaries(member) }
        // The value lies once, behind all of them.
        case .constant(let value): byteCount += value.flatByteCount
        default: break
        }
    }
}

extension ColumnBatch {
    /// The rows without dictionaries of which they use a small part: their holder would keep all of it.
    var withoutSparseDictionaries: ColumnBatch {
        func isSparse(_ column: Column) -> Bool {
            guard case .dictionary(_, let dictionary) = column.values else { return false }
            return column.flatByteCountBound < dictionary.values.byteCount() / 4
        }
        guard columns.contains(where: isSparse) else { return self }
        return ColumnBatch(rowCount: rowCount, columns: columns.map { isSparse($0) ? $0.flattened() : $0 })
    }
}

/// What one operator holds of a budget: given back with it.
final class MemoryShare {
    private let budget: MemoryBudget
    private(set) var byteCount = 0

    init(_ budget: MemoryBudget) { self.budget = budget }

    deinit { budget.release(byteCount) }

    /// Holds `wanted` bytes in all from now on; false, and as before, when they do not fit.
    func resize(to wanted: Int) -> Bool {
        if wanted <= byteCount {
            budget.release(byteCount - wanted)
        } else if !budget.reserve(wanted - byteCount, isHeld: true) {
            return false
        }
        byteCount = wanted
        return true
    }

    /// Holds so many bytes more for work that cannot be written aside; false, and as before, when they do not fit.
    func take(_ more: Int) -> Bool {
        guard budget.reserve(more) else { return false }
        byteCount += more
        return true
    }

    /// As `resize`, fitting or not.
    func force(to wanted: Int) {
        if wanted > byteCount { budget.force(wanted - byteCount) } else { budget.release(byteCount - wanted) }
        byteCount = wanted
    }

    func releaseAll() { force(to: 0) }
}
