package import ColumnStore

/// One value while a receipt is worked on. 32 bytes, trivial: a receipt's cells lie in one array.
///
/// `number` has a BOOLEAN's 0 or 1, an integer, DATE's days, TIMESTAMPTZ's microseconds, a DECIMAL's digits, a DOUBLE's bit pattern.
/// VARCHAR and BLOB point into the document or an arena.
package struct Cell: BitwiseCopyable {
    package var number: Int128
    package var bytes: UnsafePointer<UInt8>?
    package var byteCount: Int32
    package var isNull: Bool

    @inline(__always)
    static var null: Cell { Cell(number: 0, bytes: nil, byteCount: 0, isNull: true) }

    @inline(__always)
    static func number(_ number: Int128) -> Cell { Cell(number: number, bytes: nil, byteCount: 0, isNull: false) }

    @inline(__always)
    static func bytes(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Cell {
        Cell(number: 0, bytes: bytes, byteCount: Int32(truncatingIfNeeded: count), isNull: false)
    }

    package var array: [UInt8] { Array(UnsafeBufferPointer(start: bytes, count: Int(byteCount))) }

    /// - Parameter type: of the column: the cell itself does not say what its number means.
    package func value(of type: ColumnType) -> Value {
        if isNull { return .null }
        switch type {
        case .boolean: return .boolean(number != 0)
        case .decimal: return .decimal(number)
        case .double: return .double(Double(bitPattern: UInt64(truncatingIfNeeded: number)))
        case .string, .binary, .uuid, .json: return .bytes(array)
        default: return .integer(Int64(truncatingIfNeeded: number))
        }
    }
}
