internal import ColumnStore

/// What to take from a document of a type, compiled: paths by number, conversions, order of storage.
///
/// Plans are classes so that reading one on the way costs no copies of what is in it.
final class ExtractionPlan: Sendable {
    /// All scalar columns of the receipt, stored or not; a receipt's cells are in this order.
    let scalars: [ScalarPlan]
    let lists: [ListPlan]
    /// Stored columns in the order of the type file.
    let stored: [StoredColumn]
    /// Paths from the receipt's element, and from the document.
    let elementScope: SlotScope
    let rootScope: SlotScope
    let zone: ZonePlan?
    let receiptID: [[PartPlan]]
    let issuedAt: [[PartPlan]]
    let businessDay: [[PartPlan]]
    let clientID: [[PartPlan]]
    let callbackURL: [[PartPlan]]

    /// The same as plain records, for the way that almost every value takes.
    nonisolated(unsafe) let scalarSteps: UnsafeMutableBufferPointer<ScalarStep>
    nonisolated(unsafe) let storedSteps: UnsafeMutableBufferPointer<StoredStep>

    deinit {
        scalarSteps.deallocate()
        storedSteps.deallocate()
    }

    init(
        scalars: [ScalarPlan], lists: [ListPlan], stored: [StoredColumn], layout: RowLayout, elementScope: SlotScope, rootScope: SlotScope, zone: ZonePlan?,
        receiptID: [[PartPlan]], issuedAt: [[PartPlan]], businessDay: [[PartPlan]], clientID: [[PartPlan]], callbackURL: [[PartPlan]]
    ) {
        self.scalars = scalars
        self.lists = lists
        self.stored = stored
        scalarSteps = ScalarStep.steps(of: scalars)
        storedSteps = .allocate(capacity: stored.count)
        for (index, column) in stored.enumerated() {
            let step =
                switch column {
                case .scalar(let cell): StoredStep(index: Int32(cell), isList: false, form: layout.columns[index].form)
                case .list(let number): StoredStep(index: Int32(number), isList: true, form: .list)
                }
            storedSteps.initializeElement(at: index, to: step)
        }
        self.elementScope = elementScope
        self.rootScope = rootScope
        self.zone = zone
        self.receiptID = receiptID
        self.issuedAt = issuedAt
        self.businessDay = businessDay
        self.clientID = clientID
        self.callbackURL = callbackURL
    }
}

enum StoredColumn: Sendable { case scalar(Int), list(Int) }

final class ScalarPlan: Sendable {
    let name: String
    let type: ColumnType
    let lookups: [LookupPlan]
    let conversion: Conversion
    let isRequired: Bool
    let hasExpression: Bool
    let isStored: Bool
    /// What is wrong with a value is told without it.
    let isSensitive: Bool
    /// In the type's own arena; NULL when the column has no default.
    nonisolated(unsafe) let fallback: Cell

    init(
        name: String, type: ColumnType, lookups: [LookupPlan], conversion: Conversion, isRequired: Bool, hasExpression: Bool, isStored: Bool,
        isSensitive: Bool, fallback: Cell
    ) {
        self.isSensitive = isSensitive
        self.name = name
        self.type = type
        self.lookups = lookups
        self.conversion = conversion
        self.isRequired = isRequired
        self.hasExpression = hasExpression
        self.isStored = isStored
        self.fallback = fallback
    }
}

final class ListPlan: Sendable {
    let name: String
    let lookups: [LookupPlan]
    let members: [ScalarPlan]
    nonisolated(unsafe) let memberSteps: UnsafeMutableBufferPointer<ScalarStep>
    /// The stored members.
    nonisolated(unsafe) let storedSteps: UnsafeMutableBufferPointer<StoredStep>
    /// Whether a path leads straight to the elements' array.
    let isDirect: Bool
    let isStored: Bool
    let isRequired: Bool
    /// Paths from an element of the list.
    let scope: SlotScope
    /// Paths from an element too: `ListOrder`.
    let orderBy: [Int]
    let distinctBy: [Int]

    deinit {
        memberSteps.deallocate()
        storedSteps.deallocate()
    }

    init(
        name: String, lookups: [LookupPlan], members: [ScalarPlan], isStored: Bool, isRequired: Bool, scope: SlotScope, orderBy: [Int] = [],
        distinctBy: [Int] = []
    ) {
        (self.orderBy, self.distinctBy) = (orderBy, distinctBy)
        self.name = name
        self.lookups = lookups
        self.members = members
        memberSteps = ScalarStep.steps(of: members)
        let storedMembers = members.indices.filter { members[$0].isStored }
        storedSteps = .allocate(capacity: storedMembers.count)
        for (index, member) in storedMembers.enumerated() {
            let form = ColumnLayout(members[member].type).form
            storedSteps.initializeElement(at: index, to: StoredStep(index: Int32(member), isList: false, form: form))
        }
        isDirect = lookups.count == 1 && lookups[0].isDirect
        self.isStored = isStored
        self.isRequired = isRequired
        self.scope = scope
    }
}

/// A scalar column as a plain record: enough for a value that is where the first path says and converts without more ado.
struct ScalarStep: BitwiseCopyable {
    /// In its scope; -1 when only the plan itself can tell.
    var slot: Int32
    var isFromRoot: Bool
    /// Nothing there is NULL and no more: no other path, no default, not required.
    var isNullWhenMissing: Bool
    var kind: Conversion.Kind
    var precision: Int8
    var scale: Int8

    static func steps(of columns: [ScalarPlan]) -> UnsafeMutableBufferPointer<ScalarStep> {
        let steps = UnsafeMutableBufferPointer<ScalarStep>.allocate(capacity: columns.count)
        for (index, column) in columns.enumerated() { steps.initializeElement(at: index, to: ScalarStep(column)) }
        return steps
    }

    private init(_ column: ScalarPlan) {
        let conversion = column.conversion
        let isPlain = conversion.shift == 0 && conversion.mark == UInt8(ascii: ".") && conversion.suffix.isEmpty && !conversion.isTrimmed && conversion.format == nil
        let lookup = column.lookups.first
        slot = isPlain && lookup?.isDirect ?? false ? Int32(lookup?.slot ?? -1) : -1
        isFromRoot = lookup?.isFromRoot ?? false
        isNullWhenMissing = column.lookups.count == 1 && !column.isRequired && column.fallback.isNull
        kind = conversion.kind
        precision = Int8(conversion.precision)
        scale = Int8(conversion.scale)
    }

    /// The value of a text, where that takes no more than its digits or bytes; false leaves it to the column's conversion.
    @inline(__always)
    func convert(_ text: ScalarText, into cell: UnsafeMutablePointer<Cell>) -> Bool {
        switch kind {
        case .string:
            guard text.isWithoutNUL else { return false }
            cell.initialize(to: .bytes(text.bytes, text.count))
            return true
        case .decimal, .int32, .int64:
            guard text.kind == .number || text.kind == .string,
                let digits = DecimalText.plain(text.bytes, text.count, scale: Int(scale))
            else { return false }
            // Eighteen digits at most: any BIGINT holds them, an INTEGER and a short DECIMAL need a look.
            if kind == .int32, Int32(exactly: digits) == nil { return false }
            if kind == .decimal, precision < 18, digits.magnitude >= PowersOfTen.int64[Int(precision)].magnitude { return false }
            cell.initialize(to: .number(Int128(digits)))
            return true
        default: return false
        }
    }
}

/// A stored column as a plain record.
struct StoredStep: BitwiseCopyable {
    /// The scalar's cell, the list's number, or the member's place.
    var index: Int32
    var isList: Bool
    var form: ColumnLayout.Form
}

/// A way to a node.
final class LookupPlan: Sendable {
    let path: Int
    /// In its scope (the root's when `isFromRoot`); -1 when the path is followed when it is needed.
    let slot: Int
    let isFromRoot: Bool
    let tests: [TestPlan]
    /// A path from each node that passes, or nil for the node itself.
    let value: Int?
    let isSum: Bool
    /// The path's first node is the value: nothing to test, descend or add.
    let isDirect: Bool

    init(path: Int, slot: Int, isFromRoot: Bool, tests: [TestPlan], value: Int?, isSum: Bool) {
        self.path = path
        self.slot = slot
        self.isFromRoot = isFromRoot
        self.tests = tests
        self.value = value
        self.isSum = isSum
        isDirect = tests.isEmpty && value == nil && !isSum
    }
}

/// A path's value, or one of its nodes' values, compared with constants.
struct TestPlan: Sendable {
    enum Condition: Sendable {
        case exists(Bool)
        case anyOf([ConstantPlan])
    }
    let path: Int
    let condition: Condition
}

enum ConstantPlan: Sendable {
    case text([UInt8])
    case number(OwnedNumber)
    case boolean(Bool)

    init(_ constant: TypeFile.Constant) {
        switch constant {
        case .text(let text): self = .text(text)
        case .number(let digits): self = .number(OwnedNumber(digits))
        case .boolean(let value): self = .boolean(value)
        }
    }

    /// - Parameter isTyped: the format tells strings from numbers (JSON); else a text that reads as the number or boolean is one.
    func matches(_ text: ScalarText, isTyped: Bool) -> Bool {
        switch self {
        case .text(let wanted):
            return text.kind == .string && UnsafeBufferPointer(start: text.bytes, count: text.count).elementsEqual(wanted)
        case .number(let wanted):
            guard text.kind == .number || !isTyped && text.kind == .string && DecimalText.isNumber(text.bytes, text.count) else { return false }
            return DecimalNumber.compare(DecimalNumber(text.bytes, text.count), wanted.number) == 0
        case .boolean(let wanted):
            if isTyped { return text.kind == (wanted ? .true : .false) }
            let bytes = UnsafeBufferPointer(start: text.bytes, count: text.count)
            return text.kind == .string && (bytes.elementsEqual((wanted ? "true" : "false").utf8) || bytes.elementsEqual((wanted ? "1" : "0").utf8))
        }
    }
}

final class PartPlan: Sendable {
    let lookup: LookupPlan
    let conversion: Conversion
    let isOptional: Bool

    init(lookup: LookupPlan, conversion: Conversion, isOptional: Bool) {
        self.lookup = lookup
        self.conversion = conversion
        self.isOptional = isOptional
    }
}

enum ZonePlan: Sendable {
    case fixed(ZoneRules)
    /// By a value in the document: mapped to a zone, or (without a map) its name.
    case mapped(lookup: LookupPlan, map: [(value: [UInt8], zone: ZoneRules)]?, fallback: ZoneRules?)
}
