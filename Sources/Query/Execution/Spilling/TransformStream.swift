import ColumnStore

/// Rows of an input, each batch turned into another one by `transform`, which may be handed a batch in pieces.
/// Whatever works row by row is one of these: filters, projections, recursive lists.
final class TransformStream: BatchStream {
    private let input: any BatchStream
    private let transform: (ColumnBatch) throws -> ColumnBatch?
    /// The batch at hand while rows of it are still to be transformed; nil between two.
    private var pieces: BatchPieces?

    /// - Parameter transform: nil for no rows. It changes nothing before all of it has succeeded.
    init(_ input: any BatchStream, _ transform: @escaping (ColumnBatch) throws -> ColumnBatch?) {
        self.input = input
        self.transform = transform
    }

    func next() throws -> ColumnBatch? {
        while true {
            if pieces == nil {
                guard let batch = try input.next() else { return nil }
                pieces = BatchPieces(batch)
            }
            // `BatchPieces` asks again with fewer rows where `transform` says that the rows are too large together.
            if let (_, output) = try pieces?.next(anyError: transform) {
                if let output, output.rowCount > 0 { return output }
            } else {
                pieces = nil
            }
        }
    }
}
