/// A range of a file, read as a file of its own under the same name.
final class BytesWithin: RandomAccessBytes {
    private let file: any RandomAccessBytes
    private let range: Range<Int64>

    /// - Precondition: the range lies within the file.
    init(_ file: any RandomAccessBytes, _ range: Range<Int64>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= file.byteCount)
        (self.file, self.range) = (file, range)
    }

    var name: String { file.name }
    var byteCount: Int64 { range.upperBound - range.lowerBound }
    var waitsForNetwork: Bool { file.waitsForNetwork }
    func begin() { file.begin() }
    func expect(_ part: Range<Int64>) { if let place = try? place(of: part) { file.expect(place) } }
    func keepAtHand(_ part: Range<Int64>) throws(ColumnStoreError) { try file.keepAtHand(place(of: part)) }

    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        try file.read(at: place(at: offset, count: target.count).lowerBound, into: target)
    }

    func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion {
        try file.region(at: place(at: offset, count: count).lowerBound, count: count)
    }

    private func place(at offset: Int64, count: Int) throws(ColumnStoreError) -> Range<Int64> {
        try place(of: offset..<max(offset, offset.addingSaturating(Int64(count))))
    }

    private func place(of part: Range<Int64>) throws(ColumnStoreError) -> Range<Int64> {
        guard part.lowerBound >= 0, part.upperBound <= byteCount else {
            throw ColumnStoreError(.corruptFile, path: name, offset: part.lowerBound, "reading reaches past the end at \(byteCount) of a part of the file")
        }
        return range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
    }
}
