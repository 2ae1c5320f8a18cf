import ColumnStore
import Query

/// Columns that a scan shows with other values than they are stored with.
///
/// What of a row became known after its file was written: ends, successors; and what was not so yet at an instant.
struct ColumnOverlay: Sendable {
    /// By their names.
    let columns: Set<String>
    /// What they are made of.
    let needs: [ColumnPath]
    /// The columns of `needs`, to those of `columns` by name.
    ///
    /// A column for each of `needs`, in order; the results have as many rows.
    let make: @Sendable ([Column]) -> [String: Column]

    /// `valid_to`, where rows were superseded after their files were written.
    ///
    /// What a file says stays where nothing else is known. A version that FAILED has no end, though another came while it was PROCESSING.
    static func successors(_ superseded: SupersededRows) -> ColumnOverlay {
        let validTo = VersionColumns.validTo.name
        return ColumnOverlay(columns: [validTo], needs: ["sequence", ColumnPath(validTo), "state"]) { parts in
            var builder = ColumnBuilder(type: .timestampTZ)
            for row in 0..<parts[0].count {
                if parts[2].value(at: row) == .string(ReceiptState.failed.rawValue) {
                    builder.appendNull()
                } else if case .integer(let sequence) = parts[0].value(at: row), let next = superseded[sequence], next.by != 0 {
                    builder.append(integer: next.at)
                } else {
                    builder.append(parts[1].value(at: row))
                }
            }
            return [validTo: builder.finish()]
        }
    }

    /// Nothing has come after these rows yet, for the reader.
    static let noSuccessors = ColumnOverlay(columns: [VersionColumns.validTo.name], needs: [ColumnPath(VersionColumns.validTo.name)]) { parts in
        [VersionColumns.validTo.name: nulls(parts[0].count)]
    }

    /// `state` and `completed_at` as they were; of what came after these rows that which had come for the reader.
    ///
    /// A row that ended after the instant was PROCESSING then; when it began to be is not asked, since rows that came later are left out.
    ///
    /// - Parameters:
    ///   - superseded: what may have come after them; nothing of rows that were the newest then.
    ///   - sequence: the last that the reader sees.
    static func states(at instant: Int64, before superseded: SupersededRows = SupersededRows(), through sequence: Int64 = .max) -> ColumnOverlay {
        ColumnOverlay(columns: ["state", "completed_at", VersionColumns.validTo.name], needs: ["state", "completed_at", "sequence"]) { parts in
            var (states, ends, successors) = (ColumnBuilder(type: .string), ColumnBuilder(type: .timestampTZ), ColumnBuilder(type: .timestampTZ))
            for row in 0..<parts[0].count {
                if case .integer(let ended) = parts[1].value(at: row), ended <= instant {
                    states.append(parts[0].value(at: row))
                    ends.append(integer: ended)
                } else {
                    states.append(.string(ReceiptState.processing.rawValue))
                    ends.appendNull()
                }
                if case .integer(let own) = parts[2].value(at: row), let next = superseded[own], next.by != 0, next.by <= sequence {
                    successors.append(integer: next.at)
                } else {
                    successors.appendNull()
                }
            }
            return ["state": states.finish(), "completed_at": ends.finish(), VersionColumns.validTo.name: successors.finish()]
        }
    }

    /// A scan whose batches get these columns before the rest of a request is applied to them.
    ///
    /// Filters on overlaid columns would be wrong below: they are applied here, and so is whatever comes behind them.
    /// - Parameters:
    ///   - schema: of the scan's batches.
    ///   - request: what is left to do, over `schema`.
    func over(_ scan: any TableScan, _ schema: Schema, _ request: ScanRequest) throws -> any TableScan {
        let rest = try RestOfRequest(request, schema)
        let budget = request.rowCountMax.map { ScanBudget($0) }
        return RelayedScan(scan, isOver: { budget?.isUsedUp ?? false }) { batch in
            let made = make(needs.compactMap { path in schema.index(of: path.names[0]).map { batch.columns[$0] } })
            let columns = zip(schema.fields, batch.columns).map { field, column in made[field.name] ?? column }
            let kept = try rest.rows(of: ColumnBatch(rowCount: batch.rowCount, columns: columns))
            if let kept { budget?.take(kept.rowCount) }
            return kept
        }
    }

    private static func nulls(_ count: Int) -> Column {
        var builder = ColumnBuilder(type: .timestampTZ)
        for _ in 0..<count { builder.appendNull() }
        return builder.finish()
    }
}

/// Several scans, one after another.
///
/// Any thread takes from any of them.
final class ScanSequence: TableScan {
    private let scans: [any TableScan]

    init(_ scans: [any TableScan]) { self.scans = scans }

    func nextMorsel() throws -> (any Morsel)? {
        // A scan that is over says so again.
        for scan in scans { if let morsel = try scan.nextMorsel() { return morsel } }
        return nil
    }
}
