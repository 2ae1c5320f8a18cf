internal import Query

/// The buffers of one thread's extraction, reused from receipt to receipt: once they have grown, extracting allocates only its result.
///
/// Lent by `DocumentReader` to one body at a time. Rhythm: `beginDocument` for each body (of CSV for each record), `beginReceipt` for each receipt
/// in it.
///
/// Invariants:
/// 1. Cells, slots and texts are valid until the next `beginDocument`; nothing of them is in a result.
/// 2. `violations` are of the receipt at hand, and `violationCount` counts those that were not kept, too.
/// 3. Bounds on memory hold for each receipt, whatever its document is: cells, bytes of a row, bytes of violations.
final class ExtractionContext {
    /// A list's elements among the cells.
    ///
    /// Cell c of row r is at `start + r * width + c`.
    struct ListView: BitwiseCopyable {
        /// The first element's first cell.
        var start: Int
        var rowCount: Int
        var width: Int
    }

    /// Behind a pointer, so that reading one on the way is a load and no more.
    struct Buffers {
        /// Nodes by slot: of the receipt's element, the document, the present element of a list.
        var slots = GrowingBuffer<Int>()
        var rootSlots = GrowingBuffer<Int>()
        var listSlots = GrowingBuffer<Int>()
        /// The receipt's scalar cells in the plan's order, then the lists' elements', row after row.
        var cells = GrowingBuffer<Cell>()
        var lists = GrowingBuffer<ListView>()
        /// Nodes of the present list's elements.
        var elements = GrowingBuffer<Int>()
        /// The lists' cells as rules see them.
        var ruleLists = GrowingBuffer<RuleEnvironment.ListCells>()

        fileprivate func deallocate() {
            slots.base.deallocate()
            rootSlots.base.deallocate()
            listSlots.base.deallocate()
            cells.base.deallocate()
            lists.base.deallocate()
            elements.base.deallocate()
            ruleLists.base.deallocate()
        }
    }

    /// Texts that had to be made: unescaped, joined, computed.
    let arena = Arena()
    /// What the present document may still cost.
    let work = WorkBudget()
    /// The document at hand was taken before, and is read again without a limit: what is refused since then goes on.
    var isKept: Bool { !work.limitsDocuments }
    let buffers: UnsafeMutablePointer<Buffers>
    /// A row being written.
    var output = ByteBuffer()
    /// Rules that wait for other documents.
    let ruleBatch = RuleBatch()
    var violations: [Fault.Violation] = []
    /// Whether what could be read of a refused document is wanted, and that: its id and its row.
    var keepsReadable = false
    var readable: (receiptID: [UInt8]?, row: [UInt8])?
    /// Of what is kept so, in bytes.
    var readableByteCountMax = 0
    /// Scalar columns of the receipt that a fault has left without their values, by number.
    ///
    /// Rules about those are not tested: they would find a NULL that the document does not have.
    private(set) var unreadable: Set<Int> = []
    /// More are counted but not kept: a document of a million faults needs no million messages.
    static let violationCountMax = 1_000
    private(set) var violationCount = 0
    /// Bytes of those that are kept: a pointer may be as long as the document.
    private var violationByteCount = 0
    private static let violationByteCountMax = 512 << 10
    /// Evaluators of programs that the plain way cannot finish. A program is kept with its own, so that none is taken for another.
    ///
    /// An evaluator keeps caches and belongs to one thread, a program is shared by all.
    private var evaluators: [ObjectIdentifier: (program: RuleProgram, evaluator: Evaluator)] = [:]
    private static let evaluatorCountMax = 500
    /// 1 MiB of cells: what an outsize receipt needed more is freed after it.
    private static let keptCellCount = 32_768
    /// Cells of one receipt: 64 MiB. Fifty thousand lines of forty columns.
    static let cellCountMax = 2 << 20
    /// Of one receipt as it is stored: the columns of lists may repeat what stands once in the document.
    static let rowByteCountMax = 32 << 20
    /// Of the texts that are made for one document, beside so many times its own bytes: each reading of one makes it anew.
    private static let arenaByteCountMin = 64 << 20
    private static let arenaBytesPerByte = 16
    /// Of the document at hand.
    private var arenaByteCountMax = Int.max

    init() {
        buffers = .allocate(capacity: 1)
        buffers.initialize(to: Buffers())
    }

    deinit {
        buffers.pointee.deallocate()
        buffers.deallocate()
    }

    /// - Throws: where the expression cannot be evaluated at all.
    func evaluator(of program: RuleProgram) throws(QueryError) -> Evaluator {
        if let known = evaluators[ObjectIdentifier(program)] { return known.evaluator }
        let evaluator = try program.makeEvaluator()
        // Types come and go: what is in use is made again.
        if evaluators.count >= Self.evaluatorCountMax { evaluators.removeAll() }
        evaluators[ObjectIdentifier(program)] = (program, evaluator)
        return evaluator
    }

    /// - Parameters:
    ///   - allowance: of the body that the document is in.
    ///   - byteCount: of the document; its own steps are by it.
    func beginDocument(_ allowance: WorkAllowance, byteCount: Int) {
        work.beginBody(allowance)
        beginPart(byteCount: byteCount)
        if buffers.pointee.cells.capacity > Self.keptCellCount { buffers.pointee.cells.shrink() }
        if buffers.pointee.elements.capacity > Self.keptCellCount { buffers.pointee.elements.shrink() }
    }

    /// A document of a body that has many, by itself: nothing of those before it is needed any more.
    func beginPart(byteCount: Int) {
        work.beginDocument(byteCount: byteCount)
        arena.reset()
        arenaByteCountMax = Self.arenaByteCountMin + Self.arenaBytesPerByte * min(max(byteCount, 0), 1 << 40)
    }

    /// Whether the texts that were made take no more room than a document's may; where they do its work is at its end.
    func hasRoomForTexts() -> Bool { arena.byteCount <= arenaByteCountMax || isKept || work.charge(Int.max, .paths) }

    func beginReceipt() {
        violations.removeAll()
        violationCount = 0
        violationByteCount = 0
        readable = nil
        if !unreadable.isEmpty { unreadable.removeAll() }
    }

    func noteUnreadable(_ scalar: Int) { unreadable.insert(scalar) }

    /// What schema and columns both ask for is said once.
    ///
    /// Faults of an XSD are all kept: several may be of one place, and all have one code.
    func distinctViolations() -> [Fault.Violation] {
        var seen: Set<[String]> = []
        let distinct = violations.filter { seen.insert([$0.pointer, $0.code]).inserted || $0.code == "xsd" }
        violationCount -= violations.count - distinct.count
        return distinct
    }

    /// Notes a violation of the receipt at hand.
    ///
    /// - Parameters:
    ///   - pointer: where in the document; made only if the violation is kept.
    ///   - code: of the kind of fault, or the name of a rule.
    func report(_ pointer: @autoclosure () -> String, _ code: String, _ message: @autoclosure () -> String) {
        // Counted all the same: a receipt with any is refused.
        // What is found once the work was cut short may not be true.
        violationCount += 1
        guard !work.isExhausted, violations.count < Self.violationCountMax, violationByteCount < Self.violationByteCountMax else { return }
        let violation = Fault.Violation(pointer: pointer(), code: code, message: message())
        violationByteCount += violation.pointer.utf8.count + violation.message.utf8.count
        violations.append(violation)
    }
}

/// Trivial elements that grow in place of an array where its checks cost more than the work. Freed by hand.
///
/// No deinit: it lies behind `ExtractionContext.buffers`, which frees it.
///
/// - Precondition: `count` is at most `capacity`; what is beyond it is not initialised.
struct GrowingBuffer<Element: BitwiseCopyable> {
    private(set) var base = UnsafeMutablePointer<Element>.allocate(capacity: 16)
    private(set) var capacity = 16
    var count = 0

    init() {}

    /// Room for `needed` elements in all; those that are there stay.
    @inline(__always)
    mutating func reserve(_ needed: Int) {
        if needed > capacity { grow(needed) }
    }

    /// Doubled, so that appending one by one costs O(1) each.
    private mutating func grow(_ needed: Int) {
        let larger = max(needed, capacity * 2)
        let grown = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        grown.initialize(from: base, count: count)
        base.deallocate()
        (base, capacity) = (grown, larger)
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        reserve(count &+ 1)
        (base + count).initialize(to: element)
        count &+= 1
    }

    /// Gives back what an outsize receipt needed; the buffer is then small and empty.
    mutating func shrink() {
        base.deallocate()
        (base, capacity, count) = (.allocate(capacity: 16), 16, 0)
    }
}

/// Bytes being written. Appends without the checks of an array's uniqueness.
///
/// Little-endian, without padding or alignment, as `RowLayout` has it.
struct ByteBuffer: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init() {
        capacity = 4 << 10
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Keeps up to 1 MiB for the next row.
    mutating func removeAll() {
        count = 0
        if capacity > 1 << 20 {
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

    /// LEB128: seven bits a byte, the lowest first, the top bit set on all but the last. 300 is AC 02.
    @inline(__always)
    mutating func append(count value: Int) {
        var rest = UInt32(truncatingIfNeeded: value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest | 0x80))
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// - Parameter bytes: nil only where there are none.
    @inline(__always)
    mutating func append(_ bytes: UnsafePointer<UInt8>?, _ added: Int) {
        reserve(added)
        if let bytes { (base + count).copyMemory(from: bytes, byteCount: added) }
        count &+= added
    }

    /// Room for a bitmap of `bitCount` bits, all zero; returns where it begins.
    ///
    /// Bit i is bit i % 8 of byte i / 8, as in the row's validity.
    mutating func appendBitmap(_ bitCount: Int) -> Int {
        let size = (bitCount + 7) / 8
        reserve(size)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer { count += size }
        return count
    }

    /// - Parameter start: what `appendBitmap` returned.
    @inline(__always)
    mutating func setBit(_ bit: Int, ofBitmapAt start: Int) {
        let address = base.advanced(by: start &+ (bit >> 3)).assumingMemoryBound(to: UInt8.self)
        address.pointee |= 1 << UInt8(truncatingIfNeeded: bit & 7)
    }

    func array() -> [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }
}
