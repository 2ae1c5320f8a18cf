/// Writes Thrift's compact protocol; the layout is described in `ThriftCompactReader.swift`.
///
/// Fields must be written in ascending order of their ids. A nested structure or list of structures is written
/// between `beginStruct` and `endStruct`.
///
/// Invariant: `previousID` is the last field's of the structure at hand, 0 at its beginning, and `outerIDs` has those of the structures around it.
public struct ThriftCompactWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var previousID: Int16 = 0
    private var outerIDs: [Int16] = []

    public init() {}

    // MARK: Fields

    /// A field of a scalar type; of these, the boolean is in the header alone.
    ///
    /// - Precondition: `id` is above that of the field before. So of all fields.
    public mutating func field(_ id: Int16, _ value: Bool) { fieldHeader(id, value ? .booleanTrue : .booleanFalse) }

    public mutating func field(_ id: Int16, _ value: Int8) {
        fieldHeader(id, .i8)
        bytes.append(UInt8(bitPattern: value))
    }

    public mutating func field(_ id: Int16, _ value: Int16) {
        fieldHeader(id, .i16)
        zigzag(Int64(value))
    }

    public mutating func field(_ id: Int16, _ value: Int32) {
        fieldHeader(id, .i32)
        zigzag(Int64(value))
    }

    public mutating func field(_ id: Int16, _ value: Int64) {
        fieldHeader(id, .i64)
        zigzag(value)
    }

    public mutating func field(_ id: Int16, _ value: String) {
        fieldHeader(id, .binary)
        element(value)
    }

    public mutating func field(_ id: Int16, _ value: [UInt8]) {
        fieldHeader(id, .binary)
        element(value)
    }

    /// A field that holds a structure; `body` writes the structure's fields.
    public mutating func field(_ id: Int16, _ body: (inout ThriftCompactWriter) -> Void) {
        fieldHeader(id, .structure)
        element(structure: body)
    }

    /// A field that holds a structure without fields, as most members of unions are.
    public mutating func emptyStructure(_ id: Int16) {
        fieldHeader(id, .structure)
        bytes.append(0)
    }

    /// The header of a list field; its elements follow.
    /// A count below 15 stands in the header's upper half, others follow it.
    ///
    /// - Parameter count: of elements that the caller writes next, by `element`.
    public mutating func listField(_ id: Int16, of type: ThriftType, count: Int) {
        fieldHeader(id, .list)
        if count < 15 {
            bytes.append(UInt8(count) << 4 | type.rawValue)
        } else {
            bytes.append(0xF0 | type.rawValue)
            varint(UInt64(count))
        }
    }

    // MARK: Elements of lists, and structures at the top

    public mutating func element(_ value: Bool) { bytes.append(value ? 1 : 2) }
    public mutating func element(_ value: Int32) { zigzag(Int64(value)) }
    public mutating func element(_ value: Int64) { zigzag(value) }

    public mutating func element(_ value: String) {
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    public mutating func element(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func element(structure body: (inout ThriftCompactWriter) -> Void) {
        beginStruct()
        body(&self)
        endStruct()
    }

    /// Begins a structure: its ids are counted from 0.
    public mutating func beginStruct() {
        outerIDs.append(previousID)
        previousID = 0
    }

    /// Ends it with the stop byte, and goes on with the one around it.
    public mutating func endStruct() {
        precondition(!outerIDs.isEmpty, "endStruct without beginStruct")
        bytes.append(0)
        previousID = outerIDs.removeLast()
    }

    // MARK: Bytes

    /// The distance from the field before where it fits in four bits, else the id itself.
    private mutating func fieldHeader(_ id: Int16, _ type: ThriftType) {
        let delta = Int(id) - Int(previousID)
        precondition(delta > 0, "fields must ascend")
        if delta <= 15 {
            bytes.append(UInt8(delta) << 4 | type.rawValue)
        } else {
            bytes.append(type.rawValue)
            zigzag(Int64(id))
        }
        previousID = id
    }

    private mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}

extension ThriftCompactWriter {
    // Optional fields: absent when nil.
    public mutating func field(_ id: Int16, optional value: Bool?) { if let value { field(id, value) } }
    public mutating func field(_ id: Int16, optional value: Int16?) { if let value { field(id, value) } }
    public mutating func field(_ id: Int16, optional value: Int32?) { if let value { field(id, value) } }
    public mutating func field(_ id: Int16, optional value: Int64?) { if let value { field(id, value) } }
    public mutating func field(_ id: Int16, optional value: String?) { if let value { field(id, value) } }
    public mutating func field(_ id: Int16, optional value: [UInt8]?) { if let value { field(id, value) } }

    public mutating func field(_ id: Int16, i64List values: [Int64]) {
        listField(id, of: .i64, count: values.count)
        for value in values { element(value) }
    }

    public mutating func field(_ id: Int16, optionalI64List values: [Int64]?) {
        if let values { field(id, i64List: values) }
    }

    /// A list of structures.
    public mutating func field<Element: ThriftStructure>(_ id: Int16, list values: [Element]) {
        listField(id, of: .structure, count: values.count)
        for value in values { element(structure: value.writeFields) }
    }

    public mutating func field<Element: ThriftStructure>(_ id: Int16, optionalList values: [Element]?) {
        if let values { field(id, list: values) }
    }

    public mutating func field(_ id: Int16, optional value: (some ThriftStructure)?) {
        if let value { field(id, value.writeFields) }
    }
}
