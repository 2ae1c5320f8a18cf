import ColumnStore

/// get_byte, set_byte, get_bit and set_bit: one byte or bit of a BLOB, counted from 0. The first bit of a byte is its least.
/// PostgreSQL 15's documentation, section 9.5.
extension SQLFunction {
    static let getByte = SQLFunction("get_byte", summary: "one byte of a BLOB, from 0", takes: [.binary, .int32], gives: .int32, runs: .getByte)
    static let setByte = SQLFunction("set_byte", summary: "a BLOB with one byte, from 0, replaced", takes: [.binary, .int32, .int32], gives: .binary, runs: .setByte)
    static let getBit = SQLFunction("get_bit", summary: "one bit of a BLOB, from 0; the first bit of a byte is its least", takes: [.binary, .int64], gives: .int32, runs: .getBit)
    static let setBit = SQLFunction("set_bit", summary: "a BLOB with one bit, from 0, replaced", takes: [.binary, .int64, .int32], gives: .binary, runs: .setBit)
}

extension ScalarFunction {
    static let getByte = reading("get_byte", perByte: 1) { byte, _ in Int64(byte) }
    static let getBit = reading("get_bit", perByte: 8) { byte, bit in Int64(byte >> UInt8(bit) & 1) }
    static let setByte = writing("set_byte", perByte: 1) { (byte, _, new) throws(KernelError) in byte = UInt8(truncatingIfNeeded: new) }
    static let setBit = writing("set_bit", perByte: 8) { (byte, bit, new) throws(KernelError) in
        guard new == 0 || new == 1 else { throw .outside(.badValue, "a bit is 0 or 1") }
        let mask = UInt8(1) << UInt8(bit)
        byte = new == 1 ? byte | mask : byte & ~mask
    }

    /// The byte of a place, and the bit in it.
    ///
    /// - Parameter perByte: places of a byte: 1, or 8 of bits.
    private static func place(_ index: Int64, perByte: Int64, _ bytes: ArraySlice<UInt8>) throws(KernelError) -> (byte: Int, bit: Int64) {
        guard index >= 0, index / perByte < Int64(bytes.count) else {
            throw .outside(.badSubscript, "the index \(index) is not among the \(Int64(bytes.count).multipliedSaturating(by: perByte)) of this BLOB")
        }
        return (bytes.startIndex + Int(index / perByte), index % perByte)
    }

    private static func reading(_ symbol: String, perByte: Int64, _ read: @escaping @Sendable (UInt8, Int64) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let blobs = TextRows(call[0]), indexes = call[1].integers() ?? []
                return try call.numbers { (row) throws(KernelError) in
                    let bytes = blobs[row]
                    let found = try place(indexes[row], perByte: perByte, bytes)
                    return read(bytes[found.byte], found.bit)
                }
            })
    }

    private static func writing(
        _ symbol: String, perByte: Int64, _ write: @escaping @Sendable (inout UInt8, Int64, Int64) throws(KernelError) -> Void
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let blobs = TextRows(call[0]), indexes = call[1].integers() ?? [], new = call[2].integers() ?? []
                return try call.texts { (row) throws(KernelError) in
                    var bytes = Array(blobs[row])
                    try call.meter.step(bytes.count)
                    try call.meter.charge(bytes.count)
                    let found = try place(indexes[row], perByte: perByte, bytes[...])
                    try write(&bytes[found.byte], found.bit, new[row])
                    return bytes
                }
            })
    }
}
