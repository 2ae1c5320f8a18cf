/// What reading the chunks of one row group takes, from the file's bytes to pages.
///
/// One owner on one thread.
struct ChunkContext {
    let path: String
    let options: ParquetReadOptions
    /// The file's, or those of a reader who counts them.
    let bytes: any RandomAccessBytes
    /// What several chunks' bytes are read by at once.
    let shared: CoalescedRanges
    let decompressor: PageDecompressor
    let budget: DecodeBudget
    /// Of one chunk, in one read.
    let readAheadByteCountMax: Int

    /// - Parameter isSequential: whether all pages are wanted, one after another.
    /// - Parameter isSparse: whether few values of a page may be wanted: then it is inflated as far as the last of them.
    func pages(_ layout: ChunkLayout, isSequential: Bool, isSparse: Bool = false) -> PageReader {
        PageReader(layout: layout, context: self, source: ChunkBytes(layout.range, context: self, isSequential: isSequential), isSparse: isSparse)
    }

    func leaf(_ planned: PlannedLeaf, _ layout: ChunkLayout, isSequential: Bool, isSparse: Bool) -> LeafReader {
        LeafReader(LeafContext(planned, budget: budget), pages: pages(layout, isSequential: isSequential, isSparse: isSparse))
    }
}

/// What reading the values of one leaf takes, from a page's bytes to a column.
///
/// One owner on one thread.
struct LeafContext {
    let planned: PlannedLeaf
    let budget: DecodeBudget
    let scratch: ScratchBytes
    var leaf: LeafDescriptor { planned.descriptor }

    init(_ planned: PlannedLeaf, budget: DecodeBudget) {
        self.planned = planned
        self.budget = budget
        scratch = ScratchBytes(budget: budget)
    }

    /// Begins to take the values of a page.
    ///
    /// - Parameter frame: what the bytes are the content of, where they are inflated as they are needed.
    func decoder(
        _ bytes: UnsafeRawBufferPointer, _ encoding: PageEncoding, valueCount: Int, frame: GrowingFrame? = nil
    ) throws(PageError) -> any PageValueDecoder {
        let page = PageValueSource(bytes: bytes, type: leaf.physicalType, width: leaf.width, valueCount: valueCount, budget: budget, frame: frame)
        return try ValueEncoding.decoder(encoding, of: page)
    }

    /// An empty batch of the leaf's.
    func output() -> LeafValues { LeafValues(conversion: planned.conversion, type: planned.type) }
}
