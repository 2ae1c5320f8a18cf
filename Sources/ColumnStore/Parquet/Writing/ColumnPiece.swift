/// Values of a column that are on their way to pages: all that its row group has, or a part of those of a bulky column.
///
/// Made by `ColumnChunkWriter.prepare`; its pages are the tasks of an `EncodingPool` batch, whose end is a fence: what tasks have written is seen by
/// who waited for it.
final class ColumnPiece: @unchecked Sendable {
    // Proof of Sendable: tasks only read `writer` and write different elements of `pages`; `take` is called when all have ended.
    let cuts: [PageWriter.Cut]
    private let effort: CompressionEffort
    /// Whether the column's buffer has let go of the values.
    let isDetached: Bool
    private var writer: PageWriter?
    private let pages: UnsafeMutableBufferPointer<EncodedPage?>

    init(_ writer: PageWriter, _ cuts: [PageWriter.Cut], effort: CompressionEffort, isDetached: Bool) {
        self.writer = writer
        self.cuts = cuts
        self.effort = effort
        self.isDetached = isDetached
        pages = .allocate(capacity: cuts.count)
        pages.initialize(repeating: nil)
    }

    deinit {
        pages.deinitialize()
        pages.deallocate()
    }

    /// Makes one page. Safe to call side by side.
    ///
    /// - Precondition: each index is made once, before `take`.
    /// - Throws: `.invalidRequest` for values that cannot be encoded, or a page of 2 GiB.
    func make(_ index: Int, compressors: PageCompressors) throws(ColumnStoreError) {
        guard let writer else { preconditionFailure("a page of a piece that was taken") }
        do {
            pages[index] = try writer.page(cuts[index], compressor: try compressors.compressor(effort))
        } catch {
            throw ColumnStoreError(.invalidRequest, column: writer.leaf.path.description, "cannot encode a page: \(error)")
        }
    }

    /// The pages, in order, and how they are encoded. Forgets them and the values.
    func take() -> (pages: [EncodedPage], encoding: PageEncoding) {
        guard let writer else { preconditionFailure("a piece is taken once") }
        self.writer = nil
        let made = pages.compactMap { $0 }
        pages.update(repeating: nil)
        precondition(made.count == cuts.count)
        return (made, writer.encoding.pageEncoding)
    }
}
