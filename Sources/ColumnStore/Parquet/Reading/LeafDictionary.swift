/// The dictionary of a column chunk, decoded once: shared by all batches when codes are kept, looked up when not.
///
/// The budget is charged for it as long as the row group is read.
final class LeafDictionary {
    /// For columns that keep codes; also the values that others are made from.
    let shared: DictionaryValues
    var count: Int { shared.count }

    /// Decodes a dictionary page: PLAIN values, `count` of them.
    ///
    /// - Throws: `.unsupported` for booleans, `.outOfRange` for a count that the page cannot hold, `.memoryBudget`; what decoding throws.
    init(_ bytes: UnsafeRawBufferPointer, count: Int, context: LeafContext) throws(PageError) {
        let leaf = context.leaf
        guard leaf.physicalType != .boolean else { throw .unsupported("a dictionary of booleans") }
        // Each value takes at least its width, or the four bytes of its length.
        guard count <= bytes.count / (leaf.width > 0 ? leaf.width : 4) else {
            throw .outOfRange("the dictionary's value count", value: count)
        }
        // What the values become is at most 16 bytes each (or an offset of 4) beside their bytes.
        try context.budget.hold(count * 16 + bytes.count)
        var values = try context.decoder(bytes, .plain, valueCount: count)
        var output = context.output()
        output.reserve(count)
        output.validity.append(repeating: true, count)
        try LeafDecoding.append(&values, count, slots: count, start: 0, to: &output, context)
        shared = DictionaryValues(values: output.finish(), isPassing: true)
    }
}
