import Synchronization

/// A file whose reads are counted and timed: one clock reading before and after each.
final class MeteredBytes: RandomAccessBytes {
    private let file: any RandomAccessBytes
    private let byteCountRead = Atomic<Int>(0)
    private let nanosecondsRead = Atomic<Int>(0)

    init(_ file: any RandomAccessBytes) { self.file = file }

    var name: String { file.name }
    var byteCount: Int64 { file.byteCount }
    var readByteCount: Int { byteCountRead.load(ordering: .relaxed) }
    var readNanoseconds: Int { nanosecondsRead.load(ordering: .relaxed) }

    func expect(_ range: Range<Int64>) { file.expect(range) }
    func begin() { file.begin() }
    var waitsForNetwork: Bool { file.waitsForNetwork }

    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        let start = SteadyClock.nanoseconds()
        try file.read(at: offset, into: target)
        note(target.count, since: start)
    }

    func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion {
        let start = SteadyClock.nanoseconds()
        let region = try file.region(at: offset, count: count)
        note(count, since: start)
        return region
    }

    private func note(_ count: Int, since start: UInt64) {
        byteCountRead.wrappingAdd(count, ordering: .relaxed)
        nanosecondsRead.wrappingAdd(Int(SteadyClock.nanoseconds() &- start), ordering: .relaxed)
    }
}
