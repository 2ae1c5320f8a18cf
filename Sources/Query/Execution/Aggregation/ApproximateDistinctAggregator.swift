internal import Glibc
import ColumnStore

/// approx_count_distinct by HyperLogLog (Flajolet and others, 2007): 4,096 registers, standard error 1.04 / √4096 = 1.6 %.
///
/// Up to `sparseCountMax` distinct hashes a group keeps them as they are, and the count is exact but for collisions.
final class ApproximateDistinctAggregator: Aggregator {
    private static let indexBits = 12
    private static let registerCount = 1 << indexBits
    private static let sparseCountMax = 256

    private enum Sketch {
        case sparse(Set<UInt64>)
        case dense([UInt8])
    }

    private var sketches: [Sketch] = []
    private var heldByteCount = 0
    override var stateTypes: [ColumnType] { [.binary] }
    /// Twice: as sketches and as the bytes that they are put out as.
    override var byteCount: Int { sketches.capacity * 16 + heldByteCount * 2 }

    /// A set's own, and of each of its hashes: half of its places are empty.
    private static let setByteCount = 64
    private static let hashByteCount = 20

    override func resize(_ groupCount: Int) { sketches.grow(to: groupCount, with: .sparse([])) }

    override func update(_ arguments: [Column], _ groups: GroupRows) {
        let column = arguments[0]
        let hashes = HashKernels.rows([column], count: column.count)
        let validity = column.rowValidity
        let numbers = groups.numbers
        for row in hashes.indices where validity?[row] ?? true { add(hashes[row], to: Int(numbers[row])) }
    }

    private func add(_ hash: UInt64, to group: Int) {
        switch sketches[group] {
        case .dense(var registers):
            sketches[group] = .sparse([])
            Self.note(hash, &registers)
            sketches[group] = .dense(registers)
        case .sparse(var hashes):
            sketches[group] = .dense([])
            if hashes.insert(hash).inserted { heldByteCount += hashes.count == 1 ? Self.setByteCount + Self.hashByteCount : Self.hashByteCount }
            if hashes.count <= Self.sparseCountMax {
                sketches[group] = .sparse(hashes)
            } else {
                var registers = [UInt8](repeating: 0, count: Self.registerCount)
                for hash in hashes { Self.note(hash, &registers) }
                heldByteCount += Self.registerCount - Self.setByteCount - hashes.count * Self.hashByteCount
                sketches[group] = .dense(registers)
            }
        }
    }

    @inline(__always)
    private static func note(_ hash: UInt64, _ registers: inout [UInt8]) {
        let index = Int(truncatingIfNeeded: hash >> UInt64(64 - indexBits))
        let rank = UInt8(truncatingIfNeeded: (hash << UInt64(indexBits) | 1 << UInt64(indexBits - 1)).leadingZeroBitCount + 1)
        if rank > registers[index] { registers[index] = rank }
    }

    override func exportState() -> [Column] {
        var arrays = ByteArrays()
        for sketch in sketches {
            switch sketch {
            case .dense(let registers): arrays.append([1] + registers)
            case .sparse(let hashes):
                var bytes: [UInt8] = [0]
                for hash in hashes { withUnsafeBytes(of: hash) { bytes.append(contentsOf: $0) } }
                arrays.append(bytes)
            }
        }
        return [.text(arrays, type: .binary, validity: nil)]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) {
        let arrays = state[0].byteArrays()
        for row in groups.indices {
            let group = Int(groups[row])
            let bytes = Array(arrays[row])
            guard bytes[0] == 1 else {
                for place in stride(from: 1, to: bytes.count, by: 8) {
                    add(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }, to: group)
                }
                continue
            }
            var registers = Array(bytes.dropFirst())
            switch sketches[group] {
            case .dense(let own): for index in own.indices { registers[index] = max(registers[index], own[index]) }
            case .sparse(let hashes):
                for hash in hashes { Self.note(hash, &registers) }
                heldByteCount += Self.registerCount
            }
            sketches[group] = .dense(registers)
        }
    }

    override func finish() -> Column {
        .whole(sketches.map(Self.estimate), type: .int64, validity: nil)
    }

    private static func estimate(_ sketch: Sketch) -> Int64 {
        guard case .dense(let registers) = sketch else {
            if case .sparse(let hashes) = sketch { return Int64(hashes.count) }
            return 0
        }
        let count = Double(registerCount)
        var sum = 0.0
        var zeros = 0
        for register in registers {
            sum += 1 / Double(UInt64(1) << UInt64(register))
            if register == 0 { zeros += 1 }
        }
        let raw = 0.7213 / (1 + 1.079 / count) * count * count / sum
        if raw <= 2.5 * count, zeros > 0 { return Int64((count * log(count / Double(zeros))).rounded()) }
        return Int64(raw.rounded())
    }
}
