import ColumnStore

/// What CASE chooses from constants and one column of texts that lies in a dictionary: codes into the dictionary with the constants behind its entries.
///
/// No text is copied for a row, and what looks at entries once, as a grouping does, still can. Of constants alone the dictionary is theirs.
///
/// Invariants:
/// 1. `entries` is `source` and the constants; without a column it is made once.
/// 2. What `entries` takes is `keptByteCount`, kept in the meter until that asks for it.
///
/// One worker's own.
final class ChosenTexts {
    private let type: ColumnType
    /// Of each branch, then of ELSE.
    private let results: [EvaluationNode]
    /// Nil where all results are constants.
    private let column: ColumnNode?
    /// Those of `results` that are no NULL.
    private let constants: Column
    private let meter: WorkMeter

    private var source: DictionaryValues?
    private var entries: DictionaryValues?
    private var keptByteCount = 0

    /// A dictionary is copied where there are so many entries a row at most: the few rows of a large one are gathered.
    private static let entriesPerRow = 4

    /// Nil for other results.
    init?(_ results: [EvaluationNode], type: ColumnType, _ meter: WorkMeter) {
        guard type.isBytes, !type.isJSON else { return nil }
        var builder = ColumnBuilder(type: type), found: ColumnNode?
        for result in results {
            if let literal = result as? LiteralNode {
                if !literal.value.isNull { builder.append(literal.value) }
            } else if let column = result as? ColumnNode, column.index == found?.index ?? column.index {
                found = column
            } else {
                return nil
            }
        }
        constants = builder.finish()
        // Codes need an entry, under NULL too.
        if found == nil, constants.count == 0 { return nil }
        (self.results, column, self.type, self.meter) = (results, found, type, meter)
        meter.addCache { [weak self] in self?.drop() }
    }

    /// What the results are chosen from, for the rows of a view; nil where the column does not lie in a dictionary, or its copy is not worth it.
    func parts(_ view: RowView) -> [Column]? {
        // What one row holds is its own: the meter may ask for all else.
        if view.count <= 1 || meter.rowCount <= 1 { return nil }
        var own: Column?
        if let column {
            own = column.evaluate(view)
            guard case .dictionary(_, let dictionary)? = own?.values, extend(dictionary, rowCount: view.count) else { return nil }
        } else if entries == nil, !lay(constants.byteCount(), { constants }) {
            return nil
        }
        var next = source?.count ?? 0, parts: [Column] = []
        for result in results {
            if let literal = result as? LiteralNode {
                parts.append(.constant(literal.value.isNull ? .null : .integer(Int64(next)), type: .int32, count: view.count))
                if !literal.value.isNull { next += 1 }
            } else if let own, case .dictionary(let codes, _) = own.values {
                parts.append(Column(type: .int32, count: own.count, validity: own.validity, values: .int32(codes.map { Int32(bitPattern: $0) })))
            }
        }
        return parts
    }

    /// The rows chosen from `parts`: of each that of the first mask that holds, else the last.
    func chosen(_ parts: [Column], _ masks: [Bitmap]) -> Column? {
        guard let entries, let column = ChoiceKernels.overlay(parts, masks, type: .int32), case .int32(let codes) = column.values else { return nil }
        return Column(
            type: type, count: column.count, validity: column.validity, values: .dictionary(codes: codes.map { UInt32(bitPattern: $0) }, entries))
    }

    /// Sees to it that `entries` is of a dictionary; false where it is not to be copied.
    private func extend(_ dictionary: DictionaryValues, rowCount: Int) -> Bool {
        if source === dictionary { return true }
        guard dictionary.count / Self.entriesPerRow <= rowCount else { return false }
        drop()
        if constants.count == 0 {
            (source, entries) = (dictionary, dictionary)
            return true
        }
        let byteCount = dictionary.values.byteCount() + constants.byteCount()
        guard lay(byteCount, { Column.concatenating([dictionary.values.retyped(type), constants], type: type) }) else { return false }
        source = dictionary
        return true
    }

    /// Makes entries and keeps them, where there is memory for them: it is asked for before they are laid down.
    private func lay(_ byteCount: Int, _ values: () -> Column) -> Bool {
        guard byteCount <= meter.columnByteCountMax else { return false }
        do throws(KernelError) { try meter.keep(byteCount) } catch { return false }
        keptByteCount = byteCount
        entries = DictionaryValues(values: values(), isOwn: true)
        return true
    }

    /// Rows at hand may have been given codes into the entries.
    private func drop() {
        meter.forgetLater(keptByteCount)
        keptByteCount = 0
        (source, entries) = (nil, nil)
    }
}
