package import ColumnStore

/// The batches of one worker, pulled one by one.
package protocol BatchStream: AnyObject {
    /// The next rows, or nil at the end (then always nil). Never an empty batch.
    func next() throws -> ColumnBatch?
}

/// A stream without rows.
final class EmptyStream: BatchStream {
    func next() -> ColumnBatch? { nil }
}

/// Batches that are there already.
final class ArrayStream: BatchStream {
    private var batches: ArraySlice<ColumnBatch>

    init(_ batches: [ColumnBatch]) { self.batches = batches.filter { $0.rowCount > 0 }[...] }

    func next() -> ColumnBatch? { batches.popFirst() }
}
