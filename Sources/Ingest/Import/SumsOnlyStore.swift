import ColumnStore
import Documents
package import Query

/// Makes a store that has the sums of cold files and not the files: what a question costs over more rows than a disk here holds, as long as no row is
/// asked for. It is for measuring; a verification finds every cold file missing.
package struct SumsOnlyStore {
    /// A cold file that is only named.
    private static let byteCount: Int64 = 512 << 20
    private static let table = "receipts"

    private let engine: Engine

    /// - Parameter engine: of an empty store.
    package init(_ engine: Engine) { self.engine = engine }

    /// - Parameters:
    ///   - coldFileCount: cold files, which the parts of each rollup are of in turn.
    ///   - rowCount: of each cold file.
    ///   - parts: by rollup, with its columns and in its order, one file each.
    /// - Throws: `Fault` for a rollup that there is not, or that has sums already.
    package func fill(coldFileCount: Int, rowCount: Int64, parts: [(rollup: String, sums: () throws -> ResultStream)]) throws {
        let compactor = engine.compactor
        try compactor.exclusively {
            var created: [WrittenObject] = []
            guard engine.tier.boundary.snapshot().cold[Self.table] == nil else { throw Fault(.badParameter, "the store has cold files") }
            let empty = try compactor.cold.prepare(Self.table, present: nil, columns: engine.tier.tables.columns(of: Self.table), &created)
            let storage = empty.iceberg.storage
            let keys = (0..<coldFileCount).map { "data/named-\($0).parquet" }
            let commit = try empty.iceberg.append(keys.map { DataFile(location: storage.location(of: $0), recordCount: rowCount, byteCount: Self.byteCount) })
            let base = empty.next(commit.table)
            var rolled = Compactor.Rolled(switches: [try Compactor.change(Self.table, commit, [], created: created, replaced: [])])
            for (rollup, own) in Dictionary(grouping: parts, by: \.rollup) {
                guard let state = engine.tier.boundary.rollups[rollup] else { throw Fault.absent(.rollup(rollup)) }
                rolled = rolled + (try sums(state, base, keys, rowCount, own.map(\.sums)))
            }
            try engine.catalog.switchToCold(rolled.switches, last: (1, nil), rollups: rolled.changes)
            engine.tier.publish(cold: [Self.table: base], sequence: 1, rollups: rolled.states)
        }
    }

    private func sums(_ state: RollupState, _ base: ColdTable, _ keys: [String], _ rowCount: Int64, _ parts: [() throws -> ResultStream]) throws -> Compactor.Rolled {
        let compactor = engine.compactor
        var created: [WrittenObject] = []
        let fields = try compactor.rollupSchema(state, base)
        let target = try compactor.cold.createSums(state.definition, fields.parts, &created)
        var outputs: [ColdFileWriter.Output] = []
        var change = Catalog.RollupChange(rollup: state.definition.name, number: state.number)
        var next = state
        for (index, sums) in parts.enumerated() {
            guard let output = try compactor.maker.write(state, of: fields.rows, into: compactor.part(of: target), rowCountMax: .max, sums) else { continue }
            outputs.append(output)
            for key in keys[keys.count * index / parts.count..<keys.count * (index + 1) / parts.count] {
                let coverage = RollupCoverage(part: output.key, rowCount: rowCount, lastSequence: 1, reason: nil)
                change.added.append((key, coverage))
                next.files[key] = coverage
            }
        }
        let commit = try target.iceberg.append(outputs.map(\.file))
        var `switch` = try Compactor.change(target.name, commit, outputs, created: created, replaced: [])
        `switch`.rollup = state.number
        next.table = target.next(commit.table)
        return Compactor.Rolled(switches: [`switch`], changes: [change], states: [try next.beside(base)])
    }
}
