import ColumnStore

/// float4send and float8send: the bits of a float as IEEE 754 has them, which is how PostgreSQL's protocol sends it.
/// PostgreSQL 15's src/backend/utils/adt/float.c.
extension SQLFunction {
    static let realBytes = SQLFunction("float4send", summary: "the four bytes of a REAL, the highest first", takes: [.double], gives: .binary, runs: .realBytes)
    static let doubleBytes = SQLFunction("float8send", summary: "the eight bytes of a DOUBLE, the highest first", takes: [.double], gives: .binary, runs: .doubleBytes)
}

extension ScalarFunction {
    // A REAL is kept as the DOUBLE of its digits, of which it is the nearest one.
    static let realBytes = sending("float4send") { number in withUnsafeBytes(of: NumberText.single(number).bitPattern.bigEndian) { Array($0) } }
    static let doubleBytes = sending("float8send") { number in withUnsafeBytes(of: number.bitPattern.bigEndian) { Array($0) } }

    private static func sending(_ symbol: String, _ bytes: @escaping @Sendable (Double) -> [UInt8]) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let numbers = call[0].doubles()
                return try call.texts { (row) throws(KernelError) in bytes(numbers[row]) }
            })
    }
}
