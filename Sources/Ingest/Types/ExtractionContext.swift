internal import Query

/// The buffers of one thread's extraction, reused from receipt to receipt: once they have grown, extracting allocates only its result.
final class ExtractionContext {
    let arena = Arena()
    /// Of the receipt's element, the document, and the present element of a list.
    var slots = SlotBuffer()
    var rootSlots = SlotBuffer()
    var listSlots = SlotBuffer()
    /// The receipt's scalar cells, in the plan's order.
    var cells: [Cell] = []
    /// Of each list its elements' cells, row after row.
    var listCells: [[Cell]] = []
    var elementCounts: [Int] = []
    var elements: [Int] = []
    var output = ByteBuffer()
    var violations: [Problem.Violation] = []
    /// More are counted but not kept: a document of a million faults needs no million messages.
    static let violationCountMax = 1_000
    private(set) var violationCount = 0

    /// The lists' cells as rules see them: set anew by `prepareLists`.
    private(set) var listViews = UnsafeMutableBufferPointer<RuleEnvironment.ListCells>(start: nil, count: 0)
    /// The members of each list.
    var listWidths: [Int] = []
    /// Evaluators of programs that the plain way cannot finish. A program is kept with its own, so that none is taken for another.
    private var evaluators: [ObjectIdentifier: (program: RuleProgram, evaluator: Evaluator)] = [:]
    private static let evaluatorCountMax = 500

    init() {}

    deinit { listViews.deallocate() }

    func evaluator(of program: RuleProgram) throws(QueryError) -> Evaluator {
        if let known = evaluators[ObjectIdentifier(program)] { return known.evaluator }
        let evaluator = try program.makeEvaluator()
        if evaluators.count >= Self.evaluatorCountMax { evaluators.removeAll() }
        evaluators[ObjectIdentifier(program)] = (program, evaluator)
        return evaluator
    }

    /// Points `listViews` at the lists' cells. They stay where they are until a list is read anew; storing into one does not move it.
    func prepareLists() {
        if listViews.count != listCells.count {
            listViews.deallocate()
            listViews = .allocate(capacity: listCells.count)
        }
        for index in listCells.indices {
            let width = listWidths[index]
            let count = elementCounts[index]
            let start = listCells[index].withUnsafeMutableBufferPointer { UnsafePointer($0.baseAddress) }
            listViews.initializeElement(at: index, to: RuleEnvironment.ListCells(cells: start, width: width, rowCount: count))
        }
    }

    func beginDocument() {
        arena.reset()
        if cells.capacity > 100_000 { cells = [] }
        if listCells.contains(where: { $0.capacity > 100_000 }) { listCells = [] }
    }

    func beginReceipt() {
        violations.removeAll()
        violationCount = 0
    }

    func report(_ pointer: @autoclosure () -> String, _ code: String, _ message: @autoclosure () -> String) {
        violationCount += 1
        guard violations.count < Self.violationCountMax else { return }
        violations.append(Problem.Violation(pointer: pointer(), code: code, message: message()))
    }
}

/// Node numbers by slot; grows, never shrinks.
struct SlotBuffer: ~Copyable {
    private(set) var nodes: UnsafeMutablePointer<Int>
    private var capacity: Int

    init() {
        capacity = 64
        nodes = .allocate(capacity: capacity)
    }

    mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        nodes.deallocate()
        capacity = count * 2
        nodes = .allocate(capacity: capacity)
    }

    deinit { nodes.deallocate() }
}

/// Bytes being written. Appends without the checks of an array's uniqueness.
struct ByteBuffer: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init() {
        capacity = 4 << 10
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    mutating func removeAll() {
        count = 0
        if capacity > 4 << 20 {
            base.deallocate()
            capacity = 4 << 10
            base = .allocate(byteCount: capacity, alignment: 16)
        }
    }

    @inline(__always)
    mutating func reserve(_ added: Int) {
        if count &+ added > capacity { grow(added) }
    }

    private mutating func grow(_ added: Int) {
        let larger = max(capacity * 2, count + added)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
        capacity = larger
    }

    @inline(__always)
    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        base.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count &+= MemoryLayout<Number>.size
    }

    @inline(__always)
    mutating func append(count value: Int) {
        var rest = UInt32(truncatingIfNeeded: value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest | 0x80))
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafePointer<UInt8>?, _ added: Int) {
        reserve(added)
        if let bytes { (base + count).copyMemory(from: bytes, byteCount: added) }
        count &+= added
    }

    /// Room for a bitmap of `bitCount` bits, all zero; returns where it begins.
    mutating func appendBitmap(_ bitCount: Int) -> Int {
        let size = (bitCount + 7) / 8
        reserve(size)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer { count += size }
        return count
    }

    @inline(__always)
    mutating func setBit(_ bit: Int, ofBitmapAt start: Int) {
        let address = base.advanced(by: start &+ (bit >> 3)).assumingMemoryBound(to: UInt8.self)
        address.pointee |= 1 << UInt8(truncatingIfNeeded: bit & 7)
    }

    func array() -> [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }
}
