/// What can be wrong with one page. Facts only; `ColumnStoreError` adds the place.
public enum PageError: Error, Equatable, Sendable {
    /// A length in the bytes disagrees with what is there.
    case lengthMismatch(expected: Int, actual: Int)
    /// The bytes ended inside a value.
    case truncated(Part)
    /// A number is outside what its place allows.
    case outOfRange(Part, value: Int)
    /// A value that the column's type does not have.
    case invalidValue(Part)
    /// CRC-32 of the page's bytes; `expected` is the header's.
    case checksum(expected: UInt32, actual: UInt32)
    /// A compression library refused the bytes with this code.
    case codec(code: Int)
    /// A page that may be valid, but uses what is not read here.
    case unsupported(Part)
    /// Decoding would take more memory than the caller allows.
    case memoryBudget(needed: Int, allowed: Int)

    /// The name of the part of a page at fault, fixed at compile time, so that throwing allocates nothing.
    public struct Part: Equatable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let text: StaticString
        public init(stringLiteral text: StaticString) { self.text = text }
        public var description: String { text.description }
        public static func == (left: Part, right: Part) -> Bool { left.description == right.description }
    }
}

extension PageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lengthMismatch(let expected, let actual): "expected \(expected) bytes, found \(actual)"
        case .truncated(let part): "the bytes end inside \(part)"
        case .outOfRange(let part, let value): "\(part) is out of range: \(value)"
        case .invalidValue(let part): part.description
        case .checksum(let expected, let actual):
            "the page's CRC is \(String(actual, radix: 16)), its header says \(String(expected, radix: 16))"
        case .codec(let code): "the compressed bytes are refused (code \(code))"
        case .unsupported(let part): "\(part) is not supported"
        case .memoryBudget(let needed, let allowed): "needs \(needed) bytes of memory, the budget is \(allowed)"
        }
    }
}

extension ColumnStoreError {
    /// Adds the place to a fact about a page.
    ///
    /// - Parameter offset: of the page in the file, in bytes.
    public init(_ fault: PageError, path: String, column: String? = nil, offset: Int64? = nil) {
        let code: Code =
            switch fault {
            case .unsupported: .unsupportedFeature
            case .memoryBudget: .overBudget
            default: .corruptFile
            }
        self.init(code, path: path, column: column, offset: offset, fault.description)
    }
}
