import ColumnStore

/// Batches that end at a byte count, whatever the operator makes: who comes next may flatten, hash, sort, spill or write each whole.
///
/// `PreparedOperator.stream` puts one around every stream. A batch within `targetByteCount` passes as it is, which costs a
/// sum over its columns; a larger one is cut by its rows' widths, each piece with at least one row.
final class BoundedStream: BatchStream {
    private let input: any BatchStream
    /// The large batch that is being cut, from row `start` on.
    private var batch: ColumnBatch?
    private var builder: BatchBuilder?
    private var start = 0
    /// Of the operator's columns.
    private let types: [ColumnType]

    init(_ input: any BatchStream, types: [ColumnType]) { (self.input, self.types) = (input, types) }

    func next() throws -> ColumnBatch? {
        if let batch, let builder { return slice(batch, builder) }
        guard let batch = try input.next() else { return nil }
        assert(BatchInvariants.fault(in: batch, types: types) == nil, "\(type(of: input)) gives \(BatchInvariants.fault(in: batch, types: types) ?? "")")
        if batch.rowCount <= 1 || batch.flatByteCountBound <= ColumnBatch.targetByteCount { return batch }
        let builder = BatchBuilder(slicing: batch)
        (self.batch, self.builder, start) = (batch, builder, 0)
        return slice(batch, builder)
    }

    private func slice(_ batch: ColumnBatch, _ builder: BatchBuilder) -> ColumnBatch {
        let end = builder.end(from: start, to: batch.rowCount)
        let piece = end - start == batch.rowCount ? batch : batch.slice(start..<end)
        start = end
        if end == batch.rowCount { (self.batch, self.builder) = (nil, nil) }
        return piece
    }
}
