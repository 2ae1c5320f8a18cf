import ColumnStore
import Query
import Synchronization

/// Makes the partial sums of cold files: reads their rows as a query does, and writes what it groups.
final class RollupMaker: Sendable {
    /// Why a file has no sums, for good: its rows are read instead.
    struct Refusal: Error { let reason: String }
    /// Why a file has no sums just now, as where a disk is full: it may have them later.
    struct Delay: Error { let reason: String }

    private static let memoryByteCount = 192 << 20
    /// For others that read rows for sums, too.
    let engines: SumsEngines
    private let engine: QueryEngine
    let rowCountMax: Int
    private let coarserRowCountMin: Int
    /// Runs before rows are read: what stands in the way there stands in their way. For tests.
    let beforeReading = Mutex<(@Sendable () throws -> Void)?>(nil)

    /// - Parameters:
    ///   - rowCountMax: of the sums of one file.
    ///   - coarserRowCountMin: a file of fewer rows has no coarser sums.
    ///   - engines: of the store; sums that need more of the disk than receipts leave wait.
    init(rowCountMax: Int, coarserRowCountMin: Int, engines: SumsEngines) {
        (self.rowCountMax, self.coarserRowCountMin, self.engines) = (rowCountMax, coarserRowCountMin, engines)
        engine = engines.engine(memoryByteCount: Self.memoryByteCount)
    }

    /// What rows that are laid aside leave free; nil: nothing.
    var spillRoom: SpillSpace.Room? { engine.settings.spillRoom }

    /// Where sums go to, and until when.
    struct Target {
        /// Of partial sums.
        let table: Table
        let key: String
        /// Throws where they are wanted no more.
        let check: () throws -> Void
    }

    /// Writes the sums of one file, durable and in no table yet.
    ///
    /// - Parameter schema: of the rolled table, columns included that the file lacks.
    /// - Returns: nil where none of its rows counts.
    /// - Throws: `Refusal` and `Delay`; what `target.check` throws; errors of files.
    func make(_ state: RollupState, of file: DataFile, in base: ColdTable, schema: Schema, into target: Target) throws -> ColdFileWriter.Output? {
        let rows = ColdFilesTable(base, files: [file], schema: schema)
        return try write(state, schema, into: target, rowCountMax: rowCountMax) { try state.statement.partialSums(of: state.definition.table, in: rows) }
    }

    /// Writes the sums of several files of sums as those of one.
    ///
    /// - Parameters:
    ///   - schema: of the rolled table.
    ///   - fileCount: of the cold files that they are of: each may have as many rows of sums as it could by itself.
    /// - Throws: as `make`.
    func join(
        _ state: RollupState, _ parts: [DataFile], of sums: ColdTable, schema: Schema, fileCount: Int, into target: Target
    ) throws -> ColdFileWriter.Output? {
        let rows = ColdFilesTable(sums, files: parts, schema: Schema(sums.iceberg.schema.fields.map(\.withoutIDs)))
        return try write(state, schema, into: target, rowCountMax: rowCountMax.multipliedSaturating(by: max(1, fileCount))) {
            try state.statement.joinedSums(of: state.definition.table, schema: schema, parts: rows)
        }
    }

    private func write(
        _ state: RollupState, _ rows: Schema, into target: Target, rowCountMax: Int, _ plan: () throws -> LogicalPlan
    ) throws -> ColdFileWriter.Output? {
        try write(state, of: rows, into: target, rowCountMax: rowCountMax) {
            do {
                try beforeReading.withLock { $0 }?()
                return try engine.run(try plan())
            } catch let error as QueryError { throw Self.ending(of: error) }
        }
    }

    /// Writes sums with decimals of 18 digits, and with as many as their table has where those are too few.
    ///
    /// - Parameters:
    ///   - rows: the schema of the rolled table.
    ///   - sums: with the columns of the target, in its order; asked for again where they must be written again.
    func write(_ state: RollupState, of rows: Schema, into target: Target, rowCountMax: Int, _ sums: () throws -> ResultStream) throws -> ColdFileWriter.Output? {
        let schema = target.table.schema
        func written(_ schema: Schema) throws -> ColdFileWriter.Output? {
            let coarser = CoarserSumsMaker(state, of: rows, schema: target.table.schema, rowCountMin: coarserRowCountMin, engine, check: target.check)
            return try write(state, try sums(), schema, into: target, rowCountMax: rowCountMax, coarser)
        }
        return try Self.narrowly(schema, written)
    }

    /// - Parameter write: to a file of that schema.
    static func narrowly<Written>(_ schema: Schema, _ write: (Schema) throws -> Written) throws -> Written {
        let narrow = narrowed(schema)
        if narrow == schema { return try write(schema) }
        do { return try write(narrow) } catch let error as ColumnStoreError where error.code == .invalidRequest { return try write(schema) }
    }

    /// Sixteen unpacked bytes cost as much as one more that is stored: counts of eight bytes each, which zstd packs to one, took a quarter of a question's time.
    private static let unpackedByteWeight = 1.0 / 16

    /// Digits that fit in 64 bits.
    private static let narrowPrecision = 18

    /// As a file of earlier days may have it (Iceberg, Schema Evolution: a decimal's precision widens): what readers unpack and add up is a quarter as much.
    private static func narrowed(_ schema: Schema) -> Schema {
        Schema(schema.fields.map { field in
            guard case .decimal(let precision, let scale) = field.type, precision > narrowPrecision, scale <= narrowPrecision else { return field }
            return Field(field.name, .decimal(precision: narrowPrecision, scale: scale), id: field.id, isRequired: field.isRequired)
        })
    }

    private func write(
        _ state: RollupState, _ sums: ResultStream, _ schema: Schema, into target: Target, rowCountMax: Int, _ coarser: CoarserSumsMaker
    ) throws -> ColdFileWriter.Output? {
        defer { sums.cancel() }
        let key = target.key
        var sink: (any ObjectSink, HashingSink, FileWriter)?
        do {
            var rowCount = 0
            while let batch = try next(sums) {
                try target.check()
                rowCount += batch.rowCount
                guard rowCount <= rowCountMax else {
                    throw Refusal(reason: "its sums have more than limits.rollup_rows (\(rowCountMax)) rows: its keys are too distinct")
                }
                if sink == nil {
                    let object = try target.table.storage.create(key)
                    let hashing = HashingSink(object)
                    sink = (object, hashing, try FileWriter(schema, options: Self.options(Self.sorting(state.definition, schema.fields)), to: hashing))
                }
                try sink?.2.append(batch)
                try coarser.add(batch)
            }
            guard let (object, hashing, writer) = sink else { return nil }
            let beside = try coarser.finish().map { made in CoarserSums(without: made.without, rowCount: made.rowCount, range: try writer.append(aside: made.bytes)) }
            let written = try writer.finish(keyValues: [CoarserSums.keyValue(beside)])
            try object.commit()
            return ColdFileWriter.Output(
                file: DataFile(written, location: target.table.storage.location(of: key), sortOrderID: state.definition.keys.isEmpty ? nil : 1), key: key,
                byteCount: hashing.byteCount, sha256: hashing.digest())
        } catch {
            sink?.0.abandon()
            throw error
        }
    }

    private func next(_ sums: ResultStream) throws -> ColumnBatch? {
        do { return try sums.next() } catch let error as QueryError { throw Self.ending(of: error) }
    }

    /// What is wrong with rows or sums stays wrong; what the machine lacks it may have later.
    static func ending(of error: QueryError) -> any Error {
        if error.mayPass { return Delay(reason: error.detail) }
        return Refusal(reason: error.detail)
    }

    static func options(_ sorting: [ColumnStore.SortKey]) -> WriterOptions {
        var options = WriterOptions()
        options.sorting = sorting
        options.compressionLevel = 3
        options.unpackedByteWeight = unpackedByteWeight
        return options
    }

    /// - Parameter fields: of its sums: the keys, then the measures.
    static func sorting(_ definition: RollupDefinition, _ fields: [Field]) -> [ColumnStore.SortKey] { sorting(keys: definition.keys.count, fields) }

    /// - Parameter keyCount: of the fields, how many are keys.
    static func sorting(keys keyCount: Int, _ fields: [Field]) -> [ColumnStore.SortKey] {
        let keys = fields.prefix(keyCount)
        return RollupStatement.sortOrder(keys.map(\.type)).map { ColumnStore.SortKey(ColumnPath(fields[$0].name)) }
    }
}
