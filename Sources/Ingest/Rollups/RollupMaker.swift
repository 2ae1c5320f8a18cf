import ColumnStore
import Glibc
import Query

/// Makes the partial sums of cold files: reads their rows as a query does, and writes what it groups.
final class RollupMaker: Sendable {
    /// Why a file has no sums, for good: its rows are read instead.
    struct Refusal: Error { let reason: String }

    private static let memoryByteCount = 192 << 20
    private let engine: QueryEngine
    let rowCountMax: Int

    /// - Parameter rowCountMax: of the sums of one file.
    init(rowCountMax: Int) {
        self.rowCountMax = rowCountMax
        engine = QueryEngine(
            .init(
                threadCount: 1, memoryByteCountMax: Self.memoryByteCount, queryMemoryByteCountMax: Self.memoryByteCount,
                spillDirectory: getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"))
    }

    /// Writes the sums of one file, durable and in no table yet.
    ///
    /// - Parameters:
    ///   - target: the table of partial sums.
    ///   - schema: of the rolled table, columns included that the file lacks.
    /// - Returns: nil where none of its rows counts.
    /// - Throws: `Refusal`; what `isCancelled` throws; errors of files.
    func make(
        _ state: RollupState, of file: DataFile, in base: ColdTable, schema: Schema, into target: Table, key: String, isCancelled: () throws -> Void
    ) throws -> ColdFileWriter.Output? {
        let sums: ResultStream
        do {
            let plan = try state.statement.partialSums(of: state.definition.table, in: ColdFilesTable(base, files: [file], schema: schema))
            sums = try engine.run(plan)
        } catch let error as QueryError { throw Refusal(reason: error.detail) }
        defer { sums.cancel() }
        var sink: (any ObjectSink, HashingSink, FileWriter)?
        do {
            var rowCount = 0
            while let batch = try next(sums) {
                try isCancelled()
                rowCount += batch.rowCount
                guard rowCount <= rowCountMax else {
                    throw Refusal(reason: "its sums have more than limits.rollup_rows (\(rowCountMax)) rows: its keys are too distinct")
                }
                if sink == nil {
                    let object = try target.storage.create(key)
                    let hashing = HashingSink(object)
                    sink = (object, hashing, try FileWriter(target.schema, options: Self.options(state), to: hashing))
                }
                try sink?.2.append(batch)
            }
            guard let (object, hashing, writer) = sink else { return nil }
            let written = try writer.finish()
            try object.commit()
            return ColdFileWriter.Output(
                file: DataFile(written, location: target.storage.location(of: key), sortOrderID: state.definition.keys.isEmpty ? nil : 1), key: key,
                byteCount: hashing.byteCount, sha256: hashing.digest())
        } catch {
            sink?.0.abandon()
            throw error
        }
    }

    private func next(_ sums: ResultStream) throws -> ColumnBatch? {
        do { return try sums.next() } catch let error as QueryError { throw Refusal(reason: error.detail) }
    }

    private static func options(_ state: RollupState) -> WriterOptions {
        var options = WriterOptions()
        options.sorting = sorting(state.definition)
        options.compressionLevel = 3
        return options
    }

    static func sorting(_ definition: RollupDefinition) -> [ColumnStore.SortKey] {
        definition.keys.map { ColumnStore.SortKey(ColumnPath($0.name)) }
    }
}
