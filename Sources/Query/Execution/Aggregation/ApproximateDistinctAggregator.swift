internal import Glibc
import ColumnStore

/// approx_count_distinct by HyperLogLog (Flajolet and others, 2007): 8,192 registers, standard error 1.04 / √8192 = 1.15 %, with the estimator
/// of Ertl (2017, "New cardinality estimation algorithms for HyperLogLog sketches", 2.2), which has no bias between few values and many.
///
/// Up to `sparseCountMax` distinct hashes a group keeps them as they are, and the count is exact but for collisions.
///
/// The 64 bits of a hash: the upper 13 are the register, the rest gives the rank, the number of its leading zeros plus 1.
/// So a hash of
///
///     0000000000101 00010110…
///
/// has rank 4 in register 5. Sketches are stored (`docs/rollups.md`, "Sketches"): their layout and the hash
/// (`HashKernels.rows`) are a format.
///
/// Invariant: a group is sparse with at most `sparseCountMax` hashes, or dense.
final class ApproximateDistinctAggregator: Aggregator {
    private static let indexBits = 13
    private static let registerCount = 1 << indexBits
    private static let sparseCountMax = 256
    /// Of a register: all bits after the index are 0.
    private static let rankMax: UInt8 = 64 - UInt8(indexBits) + 1

    /// What comes in and goes out: values or sketches of them, and a count or a sketch.
    enum Form { case count, sketch, ofSketches, joined }

    private let form: Form

    init(_ form: Form) { self.form = form }

    private enum Sketch {
        /// Hashes as they are.
        case sparse(Set<UInt64>)
        /// The greatest rank of each register, 0 for none.
        case dense([UInt8])
    }

    private var sketches: [Sketch] = []
    private var heldByteCount = 0
    override var stateTypes: [ColumnType] { [.binary] }
    /// Twice: as sketches and as the bytes that they are put out as.
    override var byteCount: Int { sketches.capacity * 16 + heldByteCount * 2 }
    override func growth(to groupCount: Int) -> Int { sketches.growth(to: groupCount) * 16 }

    /// A set's own, and of each of its hashes: half of its places are empty.
    private static let setByteCount = 64
    private static let hashByteCount = 20

    override func resize(_ groupCount: Int) { sketches.grow(to: groupCount, with: .sparse([])) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let column = arguments[0]
        if form == .ofSketches || form == .joined { return try take(column, groups.numbers, column.rowValidity) }
        let hashes = HashKernels.rows([column], count: column.count)
        let validity = column.rowValidity
        let numbers = groups.numbers
        for row in hashes.indices where validity?[row] ?? true { add(hashes[row], to: Int(numbers[row])) }
    }

    private func add(_ hash: UInt64, to group: Int) {
        switch sketches[group] {
        // The array is taken out of the enum while it is changed: with two holders it would be copied for each hash.
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

    /// Puts a hash into its register.
    @inline(__always)
    private static func note(_ hash: UInt64, _ registers: inout [UInt8]) {
        let index = Int(truncatingIfNeeded: hash >> UInt64(64 - indexBits))
        // The 1 behind the last bit of the hash ends the zeros of one whose bits are all 0: its rank is `rankMax`.
        let rank = UInt8(truncatingIfNeeded: (hash << UInt64(indexBits) | 1 << UInt64(indexBits - 1)).leadingZeroBitCount + 1)
        if rank > registers[index] { registers[index] = rank }
    }

    /// The form that is stored: 0 and hashes, or 1 and registers.
    override func exportState() -> [Column] {
        var arrays = ByteArrays()
        for sketch in sketches {
            switch sketch {
            case .dense(let registers): arrays.append([1] + registers)
            case .sparse(let hashes):
                var bytes: [UInt8] = [0]
                // In order: the same values are the same bytes.
                for hash in hashes.sorted() { withUnsafeBytes(of: hash.littleEndian) { bytes.append(contentsOf: $0) } }
                arrays.append(bytes)
            }
        }
        return [.text(arrays, type: .binary, validity: nil)]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) { try take(state[0], groups, nil) }

    /// Takes sketches in. Their bytes may come from a file or a query: `0` and up to `sparseCountMax` hashes of 8 bytes, least significant first;
    /// or `1` and one byte a register.
    private func take(_ column: Column, _ groups: [UInt32], _ validity: Bitmap?) throws(KernelError) {
        let arrays = column.byteArrays()
        for row in groups.indices where validity?[row] ?? true {
            let group = Int(groups[row])
            let bytes = Array(arrays[row])
            switch bytes.first {
            case 0 where bytes.count % 8 == 1 && bytes.count <= 1 + 8 * Self.sparseCountMax:
                for place in stride(from: 1, to: bytes.count, by: 8) {
                    add(bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }, to: group)
                }
            case 1 where bytes.count == 1 + Self.registerCount && bytes.allSatisfy({ $0 <= Self.rankMax }): join(Array(bytes.dropFirst()), group)
            default: throw .invalidArgument("these bytes are no sketch of approx_count_distinct")
            }
        }
    }

    /// Brings another's registers into a group: the greater of each. The group is dense then.
    private func join(_ others: [UInt8], _ group: Int) {
        var registers = others
        switch sketches[group] {
        case .dense(let own): for index in own.indices { registers[index] = max(registers[index], own[index]) }
        case .sparse(let hashes):
            for hash in hashes { Self.note(hash, &registers) }
            heldByteCount += Self.registerCount - (hashes.isEmpty ? 0 : Self.setByteCount + hashes.count * Self.hashByteCount)
        }
        sketches[group] = .dense(registers)
    }

    override func finish() -> Column {
        form == .sketch || form == .joined ? exportState()[0] : .whole(sketches.map(Self.estimate), type: .int64, validity: nil)
    }

    /// Ertl's improved estimator: from how many registers have each rank, reckoned from the highest rank down.
    private static func estimate(_ sketch: Sketch) -> Int64 {
        guard case .dense(let registers) = sketch else {
            if case .sparse(let hashes) = sketch { return Int64(hashes.count) }
            return 0
        }
        var histogram = [Double](repeating: 0, count: Int(rankMax) + 1)
        for register in registers { histogram[Int(register)] += 1 }
        let count = Double(registerCount)
        var sum = count * tau((count - histogram[Int(rankMax)]) / count)
        for rank in stride(from: Int(rankMax) - 1, through: 1, by: -1) { sum = (sum + histogram[rank]) * 0.5 }
        sum += count * sigma(histogram[0] / count)
        // Sketches may come from outside: of registers that are all full it is infinite.
        return Int64(saturating: (count * count / (2 * log(2.0)) / sum).rounded())
    }

    /// What registers without a value weigh, of which `share` of all are.
    private static func sigma(_ share: Double) -> Double {
        if share == 1 { return .infinity }
        var (power, weight, sum, before) = (share, 1.0, share, -1.0)
        while sum != before {
            (power, before) = (power * power, sum)
            sum += power * weight
            weight += weight
        }
        return sum
    }

    /// What registers weigh that are full, of which all but `share` are.
    private static func tau(_ share: Double) -> Double {
        if share == 0 || share == 1 { return 0 }
        var (root, weight, sum, before) = (share, 1.0, 1 - share, -1.0)
        while sum != before {
            (root, before) = (root.squareRoot(), sum)
            weight *= 0.5
            sum -= (1 - root) * (1 - root) * weight
        }
        return sum / 3
    }
}
