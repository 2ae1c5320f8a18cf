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

    init(
        scalars: [ScalarPlan], lists: [ListPlan], stored: [StoredColumn], elementScope: SlotScope, rootScope: SlotScope, zone: ZonePlan?,
        receiptID: [[PartPlan]], issuedAt: [[PartPlan]], businessDay: [[PartPlan]], clientID: [[PartPlan]], callbackURL: [[PartPlan]]
    ) {
        self.scalars = scalars
        self.lists = lists
        self.stored = stored
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
    /// In the type's own arena; NULL when the column has no default.
    nonisolated(unsafe) let fallback: Cell

    init(
        name: String, type: ColumnType, lookups: [LookupPlan], conversion: Conversion, isRequired: Bool, hasExpression: Bool, isStored: Bool,
        fallback: Cell
    ) {
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
    /// Numbers of the stored members.
    let storedMembers: [Int]
    let isStored: Bool
    let isRequired: Bool
    /// Paths from an element of the list.
    let scope: SlotScope

    init(
        name: String, lookups: [LookupPlan], members: [ScalarPlan], isStored: Bool, isRequired: Bool, scope: SlotScope
    ) {
        self.name = name
        self.lookups = lookups
        self.members = members
        storedMembers = members.indices.filter { members[$0].isStored }
        self.isStored = isStored
        self.isRequired = isRequired
        self.scope = scope
    }
}

/// A way to a node.
final class LookupPlan: Sendable {
    let path: Int
    /// In its scope: the root's when `isFromRoot`.
    let slot: Int
    let isFromRoot: Bool
    let tests: [TestPlan]
    /// A path from each node that passes, or nil for the node itself.
    let value: Int?
    let isSum: Bool
    /// The node in the slot is the value: nothing to test, descend or add.
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
