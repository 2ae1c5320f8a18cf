import ColumnStore

/// TABLESAMPLE: whether a row is in the sample, by a hash of its values and a seed.
///
/// Each row is judged by itself (PostgreSQL's BERNOULLI): the hash is XXH64, of which the upper 53 bits are a number below 2^53, and a row is in the
/// sample where that is below the percentage of 2^53. Rows with equal values are in it together.
extension ScalarFunction {
    /// A percentage, a seed, and the values that tell rows apart.
    static let isSampled = ScalarFunction(
        "is_sampled", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            guard case .double(let share)? = call[0].constantValue, case .double(let seed)? = call[1].constantValue else {
                throw .invalidArgument("the percentage of TABLESAMPLE is a constant")
            }
            // Of hashes of 53 bits, which a DOUBLE holds exactly.
            let bound = share / 100 * 0x1p53
            let values = call.columns.dropFirst(2).map { $0.flattened() }
            var bits = Bitmap(repeating: false, count: call.count)
            var key: [UInt8] = []
            for row in 0..<call.count {
                key.removeAll(keepingCapacity: true)
                withUnsafeBytes(of: seed.bitPattern) { key.append(contentsOf: $0) }
                for column in values { append(column.value(at: row), to: &key) }
                try call.meter.step(key.count)
                let hash = key.withUnsafeBytes { XXHash64.hash($0) }
                if Double(hash >> 11) < bound { bits[row] = true }
            }
            return .boolean(bits, validity: nil)
        })

    /// Other values, other bytes: each with its kind, texts with their length.
    ///
    /// Kinds are one byte, numbers sixteen. Lists and structs tell no rows apart: the binder takes no such columns.
    private static func append(_ value: Value, to key: inout [UInt8]) {
        func add(_ kind: UInt8, _ number: Int128) {
            key.append(kind)
            withUnsafeBytes(of: number) { key.append(contentsOf: $0) }
        }
        switch value {
        case .null, .list, .structure: key.append(0)
        case .boolean(let truth): add(1, truth ? 1 : 0)
        case .integer(let number): add(2, Int128(number))
        case .decimal(let number): add(3, number)
        case .double(let number): add(4, Int128(number.bitPattern))
        case .interval(let interval): add(5, interval.span)
        case .bytes(let bytes):
            add(6, Int128(bytes.count))
            key.append(contentsOf: bytes)
        }
    }
}
