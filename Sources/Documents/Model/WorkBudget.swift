/// What looking at documents may cost, in steps of some nanoseconds each: counted, never timed, so that a document is taken or refused alike
/// on every machine. Whoever looks at a document charges for it before the work: walks by the node, schemas by what they apply, libxml2 by
/// what its own counter says, libraries that cannot be stopped by what they may come to take.
///
/// A document may cost so much as its bytes allow, and all of a body together what the body's bytes do (`WorkAllowance`). One owner at a time.
package final class WorkBudget {
    /// Who looks at a document.
    package enum Part: Int, CaseIterable, Sendable {
        case matching, paths, xpath, schema, xsd, rules, decoding

        static var count: Int { decoding.rawValue &+ 1 }

        /// For the message of a refusal.
        var title: String {
            switch self {
            case .matching: "finding its type"
            case .paths: "following the type's paths and reading its columns"
            case .xpath: "the type's XPath expressions"
            case .schema: "the type's JSON Schema"
            case .xsd: "the type's XSD"
            case .rules: "the type's rules and expressions"
            case .decoding: "decoding what the type decodes"
            }
        }
    }

    /// For any document, however small; see `docs/decisions/0026-work-of-a-document.md` for what ordinary ones take.
    package static let stepsMin = 4_000_000
    package static let stepsPerByte = 64

    private static let stepsOfAnyPlace = 64

    static func steps(forByteCount byteCount: Int) -> Int { stepsMin + stepsPerByte * min(max(byteCount, 0), 1 << 40) }

    /// What is written to at every step. Behind a pointer, which a walk may hold: so a step counts no references and asks for no access.
    struct Counter {
        fileprivate(set) var left = 0
        /// The part that asked for more than was left.
        fileprivate(set) var exhaustedBy: Part?
        /// Documents so far that asked for more.
        fileprivate(set) var cutShortCount = 0
        /// By part.
        fileprivate let spent = UnsafeMutablePointer<Int>.allocate(capacity: Part.count)

        /// As `WorkBudget.charge`.
        @inline(__always)
        mutating func charge(_ steps: Int, _ part: Part) -> Bool {
            if steps <= left, exhaustedBy == nil {
                left &-= steps
                spent[part.rawValue] &+= steps
                return true
            }
            return exhaust(part)
        }

        private mutating func exhaust(_ part: Part) -> Bool {
            if exhaustedBy == nil {
                exhaustedBy = part
                cutShortCount &+= 1
            }
            return false
        }
    }

    /// Valid as long as this is.
    let counter = UnsafeMutablePointer<Counter>.allocate(capacity: 1)
    private(set) var left: Int {
        get { counter.pointee.left }
        set { counter.pointee.left = newValue }
    }
    private(set) var exhaustedBy: Part? {
        get { counter.pointee.exhaustedBy }
        set { counter.pointee.exhaustedBy = newValue }
    }
    var cutShortCount: Int { counter.pointee.cutShortCount }
    private var spent: UnsafeMutablePointer<Int> { counter.pointee.spent }
    private var granted = 0
    /// By the document alone, and not by what of its body is left: so that it is told the same in any body.
    private var placesLeft = 0
    private var isBoundByAllowance = false
    private var allowance = WorkAllowance(steps: 0)
    /// As `setMark` found it.
    private let markedSpent = UnsafeMutablePointer<Int>.allocate(capacity: Part.count)
    private var markedLeft = 0
    private var markedPlacesLeft = 0

    init() {
        counter.initialize(to: Counter())
        spent.initialize(repeating: 0, count: Part.count)
        markedSpent.initialize(repeating: 0, count: Part.count)
    }

    deinit {
        spent.deallocate()
        counter.deallocate()
        markedSpent.deallocate()
    }

    /// For what is outside any document: tests, and trees of our own.
    package static var unlimited: WorkBudget {
        let work = WorkBudget()
        work.beginBody(.unlimited)
        work.beginDocument(byteCount: 0)
        return work
    }

    /// For a text that is no receipt's: a type's schema.
    static func bounded(byteCount: Int) -> WorkBudget {
        let work = WorkBudget()
        work.beginBody(WorkAllowance(byteCount: byteCount))
        work.beginDocument(byteCount: byteCount)
        return work
    }

    /// All that follows draws on the allowance, too.
    func beginBody(_ allowance: WorkAllowance) {
        settle()
        self.allowance = allowance
    }

    func beginDocument(byteCount: Int) {
        settle()
        let limit = allowance.limitsDocuments ? Self.steps(forByteCount: byteCount) : Int.max
        isBoundByAllowance = allowance.left < limit
        granted = min(limit, max(allowance.left, 0))
        left = granted
        placesLeft = limit / 2
        spent.update(repeating: 0, count: Part.count)
    }

    /// Gives back what the present document left.
    func settle() {
        allowance.take(granted - max(left, 0), isShort: exhaustedBy != nil && isBoundByAllowance)
        (granted, left, placesLeft, exhaustedBy) = (0, 0, 0, nil)
    }

    /// Notes where the present document stands, for `goBack`.
    ///
    /// - Precondition: it is not exhausted.
    func setMark() {
        (markedLeft, markedPlacesLeft) = (left, placesLeft)
        markedSpent.update(from: spent, count: Part.count)
    }

    /// Undoes what was charged since `setMark`.
    ///
    /// - Precondition: of the same document.
    func goBack() {
        (left, placesLeft) = (markedLeft, markedPlacesLeft)
        spent.update(from: markedSpent, count: Part.count)
        if exhaustedBy != nil { counter.pointee.cutShortCount &-= 1 }
        exhaustedBy = nil
    }

    /// Takes `steps`, of which there are not below zero. False when there are not so many left: the work must end here.
    @inline(__always)
    func charge(_ steps: Int, _ part: Part) -> Bool { counter.pointee.charge(steps, part) }

    /// As `charge`, for work that grows by the product of two counts.
    func charge(_ one: Int, times other: Int, _ part: Part) -> Bool {
        let (product, isOverflow) = one.multipliedReportingOverflow(by: other)
        return charge(isOverflow ? Int.max : product, part)
    }

    /// Whether so many steps may be gone in search of a fault's place. Those of a document's faults end with half of what it may cost: a list of faults, some of them told by what holds their
    /// places, is worth more than the word that their places are too much work. Some siblings are looked at for every fault.
    func mayFindPlace(in steps: Int) -> Bool { steps <= max(placesLeft, Self.stepsOfAnyPlace) }

    /// As `charge`, for the search of a fault's place, of which there are `steps`, not below zero.
    func chargePlace(_ steps: Int) -> Bool {
        placesLeft = max(placesLeft &- steps, 0)
        return charge(steps, .paths)
    }

    /// Leaves of a refused document's faults what its body may still have of them.
    func shorten(_ fault: inout Fault) { allowance.shorten(&fault) }

    /// Whether there is a limit at all.
    var limitsDocuments: Bool { allowance.limitsDocuments }

    var isExhausted: Bool { exhaustedBy != nil }

    /// What a document is refused with that has used up its steps; nil when it has not.
    var fault: Fault? {
        guard let last = exhaustedBy else { return nil }
        if isBoundByAllowance, allowance.isOfManyDocuments {
            return Fault(.tooLarge, "the documents of this body together take more work than a body may; send this one again in a smaller body")
        }
        // The part that had most of it, or asks for more than all.
        let most = Part.allCases.max { spent[$0.rawValue] < spent[$1.rawValue] } ?? last
        let part = spent[most.rawValue] > granted / 2 ? most : last
        let message = "checking this document takes more work than its size allows (\(granted) steps): most of it is for \(part.title)"
        return Fault(.invalidDocument, message, errors: [.init(pointer: "", code: "too-much-work", message: message)])
    }
}

/// What all documents of one body may cost together. One owner at a time.
package final class WorkAllowance: @unchecked Sendable {
    // Safe: handed from thread to thread with the body, never used by two at once.
    package private(set) var left: Int
    /// Whether a document was cut short by what was left for the body, and not by its own limit.
    package private(set) var isShort = false
    let limitsDocuments: Bool
    let isOfManyDocuments: Bool
    /// Of the faults that its documents have so far.
    private var faultByteCount = 0

    /// - Parameter isOfManyDocuments: each on its own, so that what is too much for the body says nothing of a document.
    package init(steps: Int, isOfManyDocuments: Bool = false) {
        (left, limitsDocuments) = (steps, true)
        self.isOfManyDocuments = isOfManyDocuments
    }

    package convenience init(byteCount: Int, isOfManyDocuments: Bool = false) {
        self.init(steps: WorkBudget.steps(forByteCount: byteCount), isOfManyDocuments: isOfManyDocuments)
    }

    private init() { (left, limitsDocuments, isOfManyDocuments) = (Int.max, false, false) }

    /// For documents that were taken before: to read them again must not fail.
    package static var unlimited: WorkAllowance { WorkAllowance() }

    /// Where it stands: `goBack` undoes all that was taken since.
    struct Mark {
        let left: Int
        fileprivate let isShort: Bool
        fileprivate let faultByteCount: Int
    }

    var mark: Mark { Mark(left: left, isShort: isShort, faultByteCount: faultByteCount) }
    func goBack(to mark: Mark) { (left, isShort, faultByteCount) = (mark.left, mark.isShort, mark.faultByteCount) }

    /// Steps that a document took which is now read again.
    func giveBack(_ steps: Int) { left += steps }

    fileprivate func shorten(_ fault: inout Fault) { fault.shorten(&faultByteCount) }

    fileprivate func take(_ steps: Int, isShort: Bool) {
        if limitsDocuments { left -= steps }
        if isShort { self.isShort = true }
    }
}
