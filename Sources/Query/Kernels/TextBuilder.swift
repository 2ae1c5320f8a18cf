import ColumnStore

/// Builds a column of texts. Every byte is charged to the query's memory before it is laid down; a text has a greatest length, and a column of
/// several rows ends where it grows too large: fewer rows are asked for then.
///
/// Invariants:
/// 1. `bytes.count` is at most `byteCountMax`, which is charged to the meter.
/// 2. `offsets` has an entry for each text that was ended, and the first 0.
/// 3. The text at hand is `bytes[start...]`.
struct TextBuilder {
    private var bytes: [UInt8] = []
    private var offsets: [Int32] = [0]
    /// So many bytes may lie here without asking.
    private var byteCountMax = 0
    /// Where the text at hand begins.
    private var start = 0
    private let count: Int
    private let meter: WorkMeter

    /// Past it bytes grow by this much at a time, not to the double: room that nobody fills is charged, too.
    private static let growthByteCountMax = 8 << 20
    private static let leastByteCount = 1 << 12
    /// Of what is repeated: so much is appended at a time, and counted as work.
    private static let tileByteCount = 1 << 14

    /// - Parameter count: how many texts there will be.
    init(count: Int, _ meter: WorkMeter) {
        self.count = count
        self.meter = meter
        offsets.reserveCapacity(count + 1)
    }

    /// Steps for work that lays nothing down.
    @inline(__always)
    func step(_ count: Int) throws(KernelError) { try meter.step(count) }

    /// - Throws: `.textTooLong`; `.tooLarge`; `.interrupted`.
    @inline(__always)
    mutating func append(_ byte: UInt8) throws(KernelError) {
        if bytes.count == byteCountMax { try makeRoom(1) }
        bytes.append(byte)
    }

    @inline(__always)
    mutating func append(_ part: ArraySlice<UInt8>) throws(KernelError) {
        if part.count > byteCountMax - bytes.count { try makeRoom(part.count) }
        bytes.append(contentsOf: part)
    }

    @inline(__always)
    mutating func append(_ part: UnsafeBufferPointer<UInt8>) throws(KernelError) {
        if part.count > byteCountMax - bytes.count { try makeRoom(part.count) }
        bytes.append(contentsOf: part)
    }

    /// Makes room for the rest of a text whose length is known: parts that come one by one would make it grow, and move, more than once.
    @inline(__always)
    mutating func reserve(_ byteCount: Int) throws(KernelError) {
        if byteCount > byteCountMax - bytes.count { try makeRoom(byteCount) }
    }

    mutating func append(_ part: [UInt8]) throws(KernelError) { try append(part[...]) }

    /// A part over and over.
    mutating func append(_ part: ArraySlice<UInt8>, times: Int) throws(KernelError) {
        guard times > 0, !part.isEmpty else { return }
        let (total, overflow) = part.count.multipliedReportingOverflow(by: times)
        guard !overflow else { throw .textTooLong }
        if total > byteCountMax - bytes.count { try makeRoom(total) }
        guard total > Self.tileByteCount else {
            if part.count == 1 { return bytes.append(addingCapacity: times) { $0.append(repeating: part[part.startIndex], count: times) } }
            for _ in 0..<times { bytes.append(contentsOf: part) }
            return
        }
        // By tiles of many parts: the query is ended between two of them.
        let perTile = max(1, Self.tileByteCount / part.count)
        var tile: [UInt8] = []
        tile.reserveCapacity(perTile * part.count)
        for _ in 0..<perTile { tile.append(contentsOf: part) }
        for _ in 0..<(times / perTile) {
            try meter.step(tile.count)
            bytes.append(contentsOf: tile)
        }
        bytes.append(contentsOf: tile[..<(times % perTile * part.count)])
    }

    /// Lets `write` append up to `most` bytes.
    /// - Precondition: `write` appends no more.
    @inline(__always)
    mutating func write(atMost most: Int, _ write: (inout [UInt8]) -> Void) throws(KernelError) {
        if most > byteCountMax - bytes.count { try makeRoom(most) }
        write(&bytes)
    }

    /// Ends a text and begins the next.
    @inline(__always)
    mutating func endText() {
        offsets.append(Int32(truncatingIfNeeded: bytes.count))
        start = bytes.count
    }

    /// Asks for room for `added` more bytes, in the meter and in the array.
    private mutating func makeRoom(_ added: Int) throws(KernelError) {
        let needed = bytes.count + added
        guard needed - start <= WorkMeter.textByteCountMax, needed < Int(Int32.max) else { throw .textTooLong }
        let row = offsets.count - 1
        try meter.checkColumn(needed, row: row, of: count)
        let wanted = max(needed, Self.leastByteCount, bytes.count + min(bytes.count, Self.growthByteCountMax))
        // While the bytes move, both places are taken.
        try meter.charge(wanted, row: row, of: count)
        // What comes a byte at a time is counted here, as far as it may come.
        try meter.step(max(added, wanted - bytes.count))
        bytes.reserveCapacity(wanted)
        meter.uncharge(byteCountMax)
        byteCountMax = wanted
    }

    /// - Precondition: as many texts were ended as were announced.
    func finish(type: ColumnType, validity: Bitmap?) -> Column {
        .text(ByteArrays(offsets: offsets, bytes: bytes), type: type, validity: validity)
    }
}
