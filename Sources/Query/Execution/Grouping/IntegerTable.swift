/// Numbers whole numbers in the order in which they first come: an open-addressing hash table, or an array where they lie close together.
struct IntegerTable {
    /// By code.
    private(set) var values: [Int64] = []
    private var slots: [Slot]
    private var mask: Int
    /// `direct[value - base]` is the code plus 1; empty when hashing is on.
    private var direct: [UInt32] = []
    private var base: Int64 = 0
    private var isDirect = true

    static let missing = UInt32.max
    /// An array of this many codes fits the second-level cache several times over.
    private static let directSpanMax: Int64 = 1 << 17

    private struct Slot {
        var value: Int64
        /// Code plus 1; 0 is empty.
        var mark: UInt32
    }

    init() {
        slots = []
        mask = 0
    }

    var count: Int { values.count }
    var byteCount: Int { values.capacity * 8 + slots.count * 16 + direct.count * 4 }

    /// Codes of all values, new ones given to those not seen.
    mutating func assign(_ input: UnsafeBufferPointer<Int64>, into codes: UnsafeMutableBufferPointer<UInt32>) {
        precondition(codes.count >= input.count)
        if isDirect { widen(toHold: input) }
        if isDirect {
            for row in input.indices {
                let place = Int(truncatingIfNeeded: input[row] &- base)
                var mark = direct[place]
                if mark == 0 {
                    values.append(input[row])
                    mark = UInt32(truncatingIfNeeded: values.count)
                    direct[place] = mark
                }
                codes[row] = mark &- 1
            }
            return
        }
        for row in input.indices { codes[row] = assignHashed(input[row]) }
    }

    mutating func assign(_ value: Int64) -> UInt32 {
        var code: UInt32 = 0
        withUnsafePointer(to: value) { input in
            withUnsafeMutablePointer(to: &code) { output in
                assign(UnsafeBufferPointer(start: input, count: 1), into: UnsafeMutableBufferPointer(start: output, count: 1))
            }
        }
        return code
    }

    /// The code of a value, or `missing`.
    @inline(__always)
    func find(_ value: Int64) -> UInt32 {
        if isDirect {
            let (place, overflow) = value.subtractingReportingOverflow(base)
            guard !overflow, place >= 0, place < Int64(direct.count) else { return Self.missing }
            return direct[Int(place)] &- 1
        }
        var place = Int(truncatingIfNeeded: HashKernels.hash(value)) & mask
        while true {
            let slot = slots[place]
            if slot.mark == 0 { return Self.missing }
            if slot.value == value { return slot.mark &- 1 }
            place = (place &+ 1) & mask
        }
    }

    @inline(__always)
    private mutating func assignHashed(_ value: Int64) -> UInt32 {
        var place = Int(truncatingIfNeeded: HashKernels.hash(value)) & mask
        while true {
            let slot = slots[place]
            if slot.mark == 0 { break }
            if slot.value == value { return slot.mark &- 1 }
            place = (place &+ 1) & mask
        }
        values.append(value)
        let code = UInt32(truncatingIfNeeded: values.count &- 1)
        slots[place] = Slot(value: value, mark: code &+ 1)
        if values.count &* 2 > slots.count { rehash(slots.count * 2) }
        return code
    }

    /// Moves the array's window so that all of `input` lies in it, or gives it up for hashing.
    private mutating func widen(toHold input: UnsafeBufferPointer<Int64>) {
        guard var least = input.first else { return }
        var greatest = least
        for value in input {
            least = min(least, value)
            greatest = max(greatest, value)
        }
        if !direct.isEmpty {
            if least >= base, greatest < base + Int64(direct.count) { return }
            least = min(least, base)
            greatest = max(greatest, base + Int64(direct.count) - 1)
        }
        let (span, overflow) = greatest.subtractingReportingOverflow(least)
        guard !overflow, span < Self.directSpanMax, span < Int64(max(4_096, values.count * 64)) else { return startHashing() }
        // Room on both sides, so that values that grow row by row do not move it each time.
        let room = span / 2 + 64
        let (start, tooLow) = least.subtractingReportingOverflow(room)
        let (end, tooHigh) = greatest.addingReportingOverflow(room)
        guard !tooLow, !tooHigh else { return startHashing() }
        direct = [UInt32](repeating: 0, count: Int(end - start + 1))
        base = start
        for code in values.indices { direct[Int(values[code] - base)] = UInt32(code + 1) }
    }

    private mutating func startHashing() {
        isDirect = false
        direct = []
        rehash(max(1_024, (values.count * 4).nextPowerOfTwo))
    }

    private mutating func rehash(_ slotCount: Int) {
        slots = [Slot](repeating: Slot(value: 0, mark: 0), count: slotCount)
        mask = slotCount - 1
        for code in values.indices {
            var place = Int(truncatingIfNeeded: HashKernels.hash(values[code])) & mask
            while slots[place].mark != 0 { place = (place &+ 1) & mask }
            slots[place] = Slot(value: values[code], mark: UInt32(code + 1))
        }
    }
}

extension Int {
    /// The least power of two not below.
    var nextPowerOfTwo: Int {
        var power = 1
        while power < self { power *= 2 }
        return power
    }
}
