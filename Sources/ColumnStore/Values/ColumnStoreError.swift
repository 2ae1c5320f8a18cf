/// The error that leaves the module: what went wrong and where. Callers switch on `code`, never on `description`.
public struct ColumnStoreError: Error, CustomStringConvertible, Sendable {
    /// The texts are what people and callers of the API see: in the manner of its codes.
    public enum Code: String, Sendable {
        /// The bytes contradict the format, their checksum, or each other.
        case corruptFile = "corrupt-file"
        /// A valid file that uses what this module does not read (encryption, a codec, a type).
        case unsupportedFeature = "unsupported-feature"
        /// Reading it would take more memory than the caller allowed.
        case overBudget = "over-budget"
        /// The operating system refused: `detail` names the call and the reason.
        case io
        case notFound = "not-found"
        /// The storage gave no answer to go by, or refuses this store altogether: what it holds may be as it should.
        case unavailable = "storage-unavailable"
        /// The object that a commit would create exists: somebody else committed first.
        case conflict
        /// What the caller asked for cannot be (a column that is not there, a type that cannot change).
        case invalidRequest = "invalid-request"
    }

    public let code: Code
    /// The file or object; empty when there is none.
    public let path: String
    /// The column's path in the file's schema, when the fault lies in one.
    public let column: String?
    /// Byte offset of the page or structure; nil when the fault has no place.
    public let offset: Int64?
    public let detail: String
    /// The system's error number for `.io`, else nil: it distinguishes a full disk from a bad one.
    public let systemError: Int32?

    public init(
        _ code: Code, path: String = "", column: String? = nil, offset: Int64? = nil, _ detail: String, systemError: Int32? = nil
    ) {
        self.code = code
        self.path = path
        self.column = column
        self.offset = offset
        self.detail = detail
        self.systemError = systemError
    }

    public var description: String {
        var text = "\(code.rawValue): \(detail)"
        if let column { text += ", column \(column)" }
        if !path.isEmpty { text += " [\(path)\(offset.map { " @\($0)" } ?? "")]" }
        return text
    }
}
