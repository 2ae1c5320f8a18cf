/// Why a document could not be read at all: it is not well-formed, or not in its encoding. No receipt comes of it.
package struct DocumentError: Error, Equatable, Sendable {
    /// The raw value is the problem's slug.
    package enum Code: String, Sendable {
        case badJSON = "bad-json"
        case badXML = "bad-xml"
        case badEncoding = "bad-encoding"
        case badCSV = "bad-csv"
        case tooLarge = "too-large"
        /// To read on would take time or room beyond any proportion to its bytes.
        case tooMuchWork = "too-much-work"
    }

    package let code: Code
    /// 0-based byte of the document where reading stopped; nil when the library that read it names a line only.
    package let offset: Int?
    /// 1-based.
    package let line: Int?
    package let reason: String

    package init(_ code: Code, offset: Int? = nil, line: Int? = nil, _ reason: String) {
        self.code = code
        self.offset = offset
        self.line = line
        self.reason = reason
    }

    /// The reason with its place, for `detail` of a problem.
    package var detail: String {
        if let line { return "\(reason) (line \(line))" }
        if let offset { return "\(reason) (byte \(offset))" }
        return reason
    }
}
